import POSIX

/// Decides whose calls are processed next, and whose replies are sent next, on one event loop.
///
/// Clients do not trust each other, and the loop has one thread: while it works for one, all others wait. So
/// the scheduler keeps an account for each *user* and none for a connection. Time spent on calls, bytes held
/// in buffers and pauses after long messages are charged to the `UserBudget` that all connections of a uid
/// share, so that opening a thousand connections does not gain a thousand shares.
///
/// **Ticks.** A tick is one turn of the loop: every socket that epoll_wait(2) reported is read, then the
/// calls that were read are processed, then the replies are flushed. The code of each phase fills the
/// processor's first-level cache, so running each phase for many connections in a row is cheaper, and a
/// client that is woken by its first reply finds the others, too. Replies need not wait for a long tick to
/// end: they are flushed after 64 connections or 200 µs.
///
/// **Allowance.** In each tick, the calls of a user are processed as they arrive until they have taken 15 µs,
/// or 1 ms if no other user is connected. A call is never interrupted; its time is charged when it is done.
///
/// **Rounds.** A connection with more calls than that waits. Users with waiting connections form a rotation:
/// a round takes one call of the first connection of the first user, then one of the next user's, and so on,
/// for 5 µs (200 µs if no other user is connected). Users take turns first, then the connections of each. The
/// loop polls its sockets between two rounds: a client that sends one call at a time never waits behind
/// clients that send thousands.
///
/// **Throttling.** A call longer than 8 KiB or a reply longer than 32 KiB delays all others while it is read
/// or written. It costs its user a pause of 1 µs per byte, 1 MiB per second, in which none of the user's
/// calls is processed. Root and the daemon's own user are exempt.
///
/// **Reads.** The time of a read grows with the number of pieces in the socket, hundreds of one byte at
/// worst. It is charged, and a slow read makes the user's next reads shorter.
///
/// **Priorities.** Replies are sent before events, since one change may cause events for many subscribers:
/// those go last, to four connections per tick.
///
/// **Memory.** Buffers are bounded for each user, in both directions: `BufferedBytes`.
///
/// Nothing here reads a clock, touches a socket or calls a connection. Times are parameters, and each event
/// returns actions, which `OpenConnections` performs; in tests, a connection can be a number.
final class FairScheduler<Connection> {
    /// The action to take in the current tick.
    struct Action: OptionSet {
        let rawValue: UInt8

        /// Call `endTick` when the loop has handled everything it found.
        static var scheduleEndOfTick: Action { Action(rawValue: 1) }
        /// Process calls now.
        static var process: Action { Action(rawValue: 2) }
        /// Send replies now.
        static var flush: Action { Action(rawValue: 4) }
        /// Send events now, after the replies.
        static var flushEvents: Action { Action(rawValue: 8) }
        /// Send events after the loop has polled its sockets once more.
        static var scheduleEventFlush: Action { Action(rawValue: 16) }
    }

    /// When the next round is due.
    enum NextRound: Equatable {
        /// As before, if any.
        case unchanged
        /// After the loop has polled its sockets once more.
        case afterNextTick
        /// When a user is no longer throttled; replaces any later time returned before.
        case at(MonotonicTime)
    }

    private enum Round {
        case idle, scheduled
        case running(start: MonotonicTime)
    }

    // Users
    private var budgets: [UInt32: UserBudget] = [:]
    /// The number of budgets at which those of disconnected users are dropped: twice as many as remained last
    /// time.
    private var mostBudgets = leastBudgets
    private var connectedUsers = 0
    private let ownUserID: UInt32

    // The current tick
    private(set) var tick = 1
    private var isEndOfTickScheduled = false
    /// Connections whose calls were read in this tick and are not processed yet.
    private let received = Queue<Connection>()
    /// How many of them to process before newly received ones.
    private var processing = 0
    /// Connections with unsent replies.
    private let unsent = Queue<Connection>()
    /// How many of them are being sent to.
    private var flushing = 0
    /// When replies were last sent in this tick, or else its first calls processed; nil before.
    private var lastFlush: MonotonicTime?
    /// Connections with unsent events.
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
    let eventsPerTick = 4

    init(ownUserID: UInt32) { self.ownUserID = ownUserID }

    // MARK: Users

    /// Whether other users would have to wait for a demanding one.
    var isShared: Bool { connectedUsers > 1 }

    private var allowance: Duration { isShared ? .microseconds(15) : .milliseconds(1) }
    private var roundLength: Duration { isShared ? .microseconds(5) : .microseconds(200) }

    /// Returns the budget for a new connection; a returning user keeps outstanding charges.
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
        // The overflow uid stands for every unmapped user.
        let isExempt = userID == 0 || userID == ownUserID && userID != PeerCredentials.unmappedUserID
        let budget = UserBudget(isThrottled: !isExempt)
        budgets[userID] = budget
        return budget
    }

    func leave(_ budget: UserBudget) {
        budget.connections -= 1
        if budget.connections == 0 { connectedUsers -= 1 }
    }

    /// Returns whether another call of the user may be processed without waiting.
    func mayProcess(_ budget: UserBudget, at now: MonotonicTime) -> Bool {
        budget.mayProcess(at: now, in: tick, allowance: allowance)
    }

    func charge(_ budget: UserBudget, _ time: Duration) { budget.charge(time, in: tick) }

    // MARK: Ticks

    /// Queues a connection whose calls have been read; call once until it is dequeued.
    func didReceive(_ connection: Connection) -> Action {
        received.append(connection)
        return received.count >= Self.mostReceived ? .process : scheduleEndOfTick()
    }

    /// Returns whether there are calls to process together, those of `nextReceived`; calls received meanwhile
    /// come later.
    func beginProcessing() -> Bool {
        processing = received.count
        return processing > 0
    }

    func nextReceived() -> Connection? {
        guard processing > 0 else { return nil }
        processing -= 1
        return received.popFirst()
    }

    /// Notes that calls of a connection have been processed until `time`.
    ///
    /// While connections wait for rounds, the server is overloaded; then a client that made a single call
    /// gets its reply at once.
    func didProcess(until time: MonotonicTime) -> Action {
        let action = scheduleEndOfTick()
        let start = lastFlush ?? time
        let isDue = !rotation.isEmpty || unsent.count >= Self.mostUnsent || time - start > Self.longestUnsent
        lastFlush = isDue ? time : start
        return isDue ? [action, .flush] : action
    }

    /// Queues a connection with unsent replies; call once until it is dequeued.
    func queueFlush(_ connection: Connection) -> Action {
        unsent.append(connection)
        return scheduleEndOfTick()
    }

    /// Queues a connection with events to send after all replies; call once until it is dequeued.
    func queueEventFlush(_ connection: Connection) -> Action {
        unsentEvents.append(connection)
        return scheduleEndOfTick()
    }

    /// Returns whether there are replies to send, to the connections of `nextToFlush`; those queued meanwhile
    /// come later.
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

    /// Returns the next connection to send events to; call `eventsPerTick` times per tick.
    func nextToFlushEvents() -> Connection? { unsentEvents.popFirst() }

    /// Notes that events have been sent, which may have closed connections, which may have queued more
    /// events.
    func didFlushEvents() -> Action {
        isEventFlushScheduled = !unsentEvents.isEmpty
        return isEventFlushScheduled ? .scheduleEventFlush : []
    }

    /// Ends a tick, once everything read in it has been processed.
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

    /// Makes a connection wait for a round because its user's allowance is used up; call once until its turn.
    func wait(_ connection: Connection, _ budget: UserBudget) -> NextRound {
        if budget.waiting.isEmpty { rotation.append(budget) }
        budget.waiting.append(connection)
        return scheduleRound()
    }

    private func scheduleRound() -> NextRound {
        // A connection that waits again during a round has its turn in the next.
        guard case .idle = round else { return .unchanged }
        round = .scheduled
        return .afterNextTick
    }

    func beginRound(at now: MonotonicTime) { round = .running(start: now) }

    /// Returns the connection whose turn it is; nil if the round is over.
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

    /// Ends a round; the next is due after the next tick, or when the first user is no longer throttled.
    func endRound(at now: MonotonicTime) -> NextRound {
        round = .idle
        guard let earliest = rotation.min(of: { $0.throttledUntil }) else { return .unchanged }
        if earliest <= now { return scheduleRound() }
        guard wakeup.map({ earliest < $0 }) ?? true else { return .unchanged }
        wakeup = earliest
        return .at(earliest)
    }

    /// Continues when the time of `NextRound.at` has come.
    func throttlingEnded() -> NextRound {
        wakeup = nil
        return scheduleRound()
    }
}
