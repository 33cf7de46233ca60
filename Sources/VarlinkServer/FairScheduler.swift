import POSIX

/// Decides whose calls are processed next, and whose replies are sent next, on one event loop.
///
/// Clients do not trust each other, and the loop has one thread: whatever it does for one of them, all others wait for.
/// So the scheduler keeps an account for each *user* and none for a connection. Time spent on calls, bytes held in
/// buffers and pauses after long messages are charged to the `UserBudget` that all connections of a uid share, so that
/// opening a thousand connections gains nobody a thousand shares.
///
/// **Ticks.** A tick is one turn of the loop: every socket that epoll_wait(2) reported is read, then the calls that were
/// read are processed, then the replies are flushed. The code for each of the three fills a processor's nearest cache by
/// itself, so doing each for many connections in a row is cheaper, and a client that is woken by its first reply finds
/// the others, too. Nothing waits for a whole tick that is long: 64 connections or 200 µs are enough.
///
/// **Allowance.** In each tick the calls of a user are processed as they come until they have taken 15 µs, or 1 ms
/// where no other user is connected. A call is never interrupted; what it took is charged when it is done.
///
/// **Rounds.** A connection with more calls than that waits. Users with waiting connections form a rotation: a round
/// takes one call of the first connection of the first user, then one of the next user's, and so on, for 5 µs (200 µs
/// where no other user is connected). Users take turns first, then the connections of each. The loop looks at its
/// sockets between two rounds: a client that sends one call at a time never waits behind those who send thousands.
///
/// **Throttling.** A call longer than 8 KiB or a reply longer than 32 KiB holds up everybody else while it is read or
/// written. It costs its user 1 µs a byte, 1 MiB each second, in which no call of theirs is processed. Root and the
/// daemon's own user are exempt.
///
/// **Reads.** A read takes as long as there are pieces of messages in the socket, hundreds of one byte at worst. What it
/// takes is charged, and the next reads of the user are the shorter.
///
/// **Priorities.** Replies go out before events, which one change may owe to many subscribers: those are sent last,
/// to eight connections each tick.
///
/// **Memory.** Buffers are bounded for each user, in both directions: `BufferedBytes`.
///
/// Nothing here reads a clock, touches a socket or calls a connection. Times are parameters, and each event returns what
/// is to be done, which `OpenConnections` does; in tests a connection can be a number.
final class FairScheduler<Connection> {
    /// What is to be done about the current tick.
    struct Action: OptionSet {
        let rawValue: UInt8

        /// Call `endTick` when the loop has taken up all that it has found.
        static var scheduleEndOfTick: Action { Action(rawValue: 1) }
        /// Process calls now.
        static var process: Action { Action(rawValue: 2) }
        /// Send replies now.
        static var flush: Action { Action(rawValue: 4) }
        /// Send events now, after the replies.
        static var flushEvents: Action { Action(rawValue: 8) }
        /// The same when the loop has looked at its sockets once more.
        static var scheduleEventFlush: Action { Action(rawValue: 16) }
    }

    /// When the next round is due.
    enum NextRound: Equatable {
        /// As before, if at all.
        case unchanged
        /// When the loop has looked at its sockets once more.
        case afterNextTick
        /// When a user is no longer throttled; instead of any later time returned before.
        case at(MonotonicTime)
    }

    private enum Round {
        case idle, scheduled
        case running(start: MonotonicTime)
    }

    // Users
    private var budgets: [UInt32: UserBudget] = [:]
    /// With how many budgets those of users who have left are looked for: twice as many as were left last time.
    private var mostBudgets = leastBudgets
    private var connectedUsers = 0
    private let ownUserID: UInt32

    // The current tick
    private(set) var tick = 1
    private var isEndOfTickScheduled = false
    /// Connections whose calls were read in this tick and are not processed yet.
    private let received = Queue<Connection>()
    /// How many of them are to be processed before more are taken up.
    private var processing = 0
    /// Connections with replies that have not been sent.
    private let unsent = Queue<Connection>()
    /// How many of them are being sent.
    private var flushing = 0
    /// When replies were last sent in this tick, or its first calls processed; nil before.
    private var lastFlush: MonotonicTime?
    /// Connections with events that have not been sent.
    private let unsentEvents = Queue<Connection>()
    private var isEventFlushScheduled = false

    // Rounds
    /// Users with waiting connections, the next one first.
    private let rotation = Queue<UserBudget>()
    private var round = Round.idle
    /// The time last returned as `NextRound.at` that has not come yet.
    private var wakeup: MonotonicTime?

    private static var leastBudgets: Int { 64 }
    private static var mostReceived: Int { 64 }
    private static var mostUnsent: Int { 64 }
    private static var longestUnsent: Duration { .microseconds(200) }
    let eventsPerTick = 8

    init(ownUserID: UInt32) { self.ownUserID = ownUserID }

    // MARK: Users

    /// Whether somebody else would wait for a user who takes much.
    var isShared: Bool { connectedUsers > 1 }

    private var allowance: Duration { isShared ? .microseconds(15) : .milliseconds(1) }
    private var roundLength: Duration { isShared ? .microseconds(5) : .microseconds(200) }

    /// The budget of one more connection; a user who comes back finds the debts that were left.
    func join(_ userID: UInt32, at now: @autoclosure () -> MonotonicTime) -> UserBudget {
        let budget = budgets[userID] ?? open(userID, at: now())
        if budget.connections == 0 { connectedUsers += 1 }
        budget.connections += 1
        return budget
    }

    private func open(_ userID: UInt32, at now: MonotonicTime) -> UserBudget {
        if budgets.count >= mostBudgets {
            budgets = budgets.filter { !$0.value.isForgettable(at: now, in: tick) }
            mostBudgets = max(Self.leastBudgets, 2 * budgets.count)
        }
        // The overflow uid stands for everybody who has no number here.
        let isExempt = userID == 0 || userID == ownUserID && userID != PeerCredentials.unmappedUserID
        let budget = UserBudget(isThrottled: !isExempt)
        budgets[userID] = budget
        return budget
    }

    func leave(_ budget: UserBudget) {
        budget.connections -= 1
        if budget.connections == 0 { connectedUsers -= 1 }
    }

    /// Whether one more call of the user may be processed without waiting.
    func mayProcess(_ budget: UserBudget, at now: MonotonicTime) -> Bool {
        budget.mayProcess(at: now, in: tick, allowance: allowance)
    }

    func charge(_ budget: UserBudget, _ time: Duration) { budget.charge(time, in: tick) }

    // MARK: Ticks

    /// Calls of a connection have been read; once until it is dequeued.
    func didReceive(_ connection: Connection) -> Action {
        received.append(connection)
        return received.count >= Self.mostReceived ? .process : scheduleEndOfTick()
    }

    /// True where calls are to be processed together, those of `nextReceived`; what is received meanwhile comes after.
    func beginProcessing() -> Bool {
        processing = received.count
        return processing > 0
    }

    func nextReceived() -> Connection? {
        guard processing > 0 else { return nil }
        processing -= 1
        return received.popFirst()
    }

    /// Calls of a connection have been processed until `time`.
    ///
    /// While connections wait for rounds the server is overrun: then a client that called once has its reply at once.
    func didProcess(until time: MonotonicTime) -> Action {
        let action = scheduleEndOfTick()
        let start = lastFlush ?? time
        let isDue = !rotation.isEmpty || unsent.count >= Self.mostUnsent || time - start > Self.longestUnsent
        lastFlush = isDue ? time : start
        return isDue ? [action, .flush] : action
    }

    /// A connection has replies to be sent; once until it is dequeued.
    func queueFlush(_ connection: Connection) -> Action {
        unsent.append(connection)
        return scheduleEndOfTick()
    }

    /// A connection has events to be sent after all replies; once until it is dequeued.
    func queueEventFlush(_ connection: Connection) -> Action {
        unsentEvents.append(connection)
        return scheduleEndOfTick()
    }

    /// True where replies are to be sent, to the connections of `nextToFlush`; what is queued meanwhile comes later.
    func beginFlush() -> Bool {
        guard flushing == 0 else { return false }
        flushing = unsent.count
        return flushing > 0
    }

    func nextToFlush() -> Connection? {
        guard flushing > 0 else { return nil }
        flushing -= 1
        return unsent.popFirst()
    }

    /// To be asked as often as events are sent in one tick.
    func nextToFlushEvents() -> Connection? { unsentEvents.popFirst() }

    /// Events have been sent; that may have closed connections, which may have queued more events.
    func didFlushEvents() -> Action {
        isEventFlushScheduled = !unsentEvents.isEmpty
        return isEventFlushScheduled ? .scheduleEventFlush : []
    }

    /// All that was read in this tick has been processed.
    func endTick() -> Action {
        isEndOfTickScheduled = false
        lastFlush = nil
        tick &+= 1
        return isEventFlushScheduled ? .flush : [.flush, .flushEvents]
    }

    private func scheduleEndOfTick() -> Action {
        guard !isEndOfTickScheduled else { return [] }
        isEndOfTickScheduled = true
        return .scheduleEndOfTick
    }

    // MARK: Rounds

    /// A connection has more calls than its user may have processed in this tick; once until its turn.
    func wait(_ connection: Connection, _ budget: UserBudget) -> NextRound {
        if budget.waiting.isEmpty { rotation.append(budget) }
        budget.waiting.append(connection)
        return scheduleRound()
    }

    private func scheduleRound() -> NextRound {
        // A connection that waits again in a round has its turn in the next.
        guard case .idle = round else { return .unchanged }
        round = .scheduled
        return .afterNextTick
    }

    func beginRound(at now: MonotonicTime) { round = .running(start: now) }

    /// The connection whose turn it is; nil where the round is over.
    func nextInRound(at now: MonotonicTime) -> Connection? {
        guard case .running(let start) = round, now < start + roundLength else { return nil }
        for _ in 0..<rotation.count {
            guard let budget = rotation.popFirst() else { break }
            guard budget.throttledUntil <= start else {
                rotation.append(budget)
                continue
            }
            let connection = budget.waiting.popFirst()
            if !budget.waiting.isEmpty { rotation.append(budget) }
            return connection
        }
        return nil
    }

    /// Says when the next round is due: after the next tick, or when the first user is no longer throttled.
    func endRound(at now: MonotonicTime) -> NextRound {
        round = .idle
        guard let earliest = rotation.min(of: { $0.throttledUntil }) else { return .unchanged }
        if earliest <= now { return scheduleRound() }
        guard wakeup.map({ earliest < $0 }) ?? true else { return .unchanged }
        wakeup = earliest
        return .at(earliest)
    }

    /// The time of `NextRound.at` has come.
    func throttlingEnded() -> NextRound {
        wakeup = nil
        return scheduleRound()
    }
}
