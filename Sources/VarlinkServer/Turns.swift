import CLinux
import EventLoop
import Glibc

/// Serves whoever asks for more than fits between the calls of others: by turns, first among users and then among the
/// connections of each.
///
/// Between two turns the event loop looks at its sockets, so that who sends one call at a time never waits for those
/// who send thousands.
final class Turns {
    private let loop: EventLoop
    private var shares: [UInt32: UserShare] = [:]
    /// How many users have connections.
    private var users = 0
    /// Users with connections that wait, the next one first.
    private var rotation = Queue<UserShare>()
    /// Whether the next turn is due in the next pass.
    private var isDue = false
    private var isServing = false
    /// When somebody has rested who waits.
    private var restEnd: (time: MonotonicTime, timer: EventLoop.ScheduledTimer)?
    /// How often the event loop has looked at its sockets, at least as far as something was there.
    private(set) var pass = 1
    /// Root and the server's own user are nobody's enemies.
    private let ownUserID = geteuid()

    /// What a user may take of one pass before turns begin: some calls, or some hundred where nobody else is there.
    private var most: Duration { areShared ? .microseconds(15) : .milliseconds(1) }
    /// How long calls are taken up in one turn; the last one may take longer.
    private var length: Duration { areShared ? .microseconds(5) : .microseconds(200) }
    /// Whether somebody else would wait for a user who takes much.
    var areShared: Bool { users > 1 }

    init(_ loop: EventLoop) {
        self.loop = loop
    }

    /// Whether somebody's calls are served by turns.
    var areTaken: Bool { !rotation.isEmpty }

    /// The time of the event loop, which is its own in tests.
    var now: MonotonicTime { loop.now }

    /// Whether one more call of a user may be taken up without waiting for a turn.
    func mayGoOn(_ share: UserShare, at time: MonotonicTime) -> Bool {
        share.mayGoOn(at: time, in: pass, most: most)
    }

    /// The share of one more connection; who comes back finds what they left.
    func join(_ userID: UInt32) -> UserShare {
        let share = shares[userID] ?? newShare(userID)
        if share.connections == 0 { users += 1 }
        share.connections += 1
        return share
    }

    func leave(_ share: UserShare) {
        share.connections -= 1
        if share.connections == 0 { users -= 1 }
    }

    private func newShare(_ userID: UInt32) -> UserShare {
        let now = now
        shares = shares.filter { !$0.value.isForgettable(at: now, in: pass) }
        let share = UserShare(rests: userID != 0 && (userID != ownUserID || userID == CLINUX_UNMAPPED_USER))
        shares[userID] = share
        return share
    }

    /// The event loop has taken up what there was.
    func endPass() { pass &+= 1 }

    /// Lets a connection wait for its turn.
    func wait(_ connection: any TurnTaker, _ share: UserShare) {
        if share.waiting.isEmpty { rotation.append(share) }
        share.append(connection)
        serveInNextPass()
    }

    private func serveInNextPass() {
        guard !isDue, !isServing else { return }
        isDue = true
        loop.afterTheNextTurn { [weak self] in self?.serve() }
    }

    private func serve() {
        isDue = false
        // Who waits again is served in the pass after this one.
        isServing = true
        let start = now
        repeat {
            guard let share = nextUser(at: start) else { break }
            let connection = share.popFirst()
            if !share.waiting.isEmpty { rotation.append(share) }
            connection?.takeTurn()
        } while now < start + length
        isServing = false
        guard let earliest = rotation.map(\.restsUntil).min() else { return }
        if earliest <= now { serveInNextPass() } else { serve(at: earliest) }
    }

    private func serve(at time: MonotonicTime) {
        guard restEnd.map({ time < $0.time }) ?? true else { return }
        if let restEnd { loop.cancel(restEnd.timer) }
        let timer = loop.schedule(at: time) { [weak self] in
            self?.restEnd = nil
            self?.serveInNextPass()
        }
        restEnd = (time, timer)
    }

    /// The next one who does not rest.
    private func nextUser(at time: MonotonicTime) -> UserShare? {
        for _ in 0..<rotation.count {
            guard let share = rotation.popFirst() else { break }
            if share.restsUntil <= time { return share }
            rotation.append(share)
        }
        return nil
    }
}
