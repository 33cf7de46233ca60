import Glibc
import NIOCore

/// Serves whoever asks for more than fits between the calls of others: by turns, first among users and then among the
/// connections of each.
///
/// Between two turns the event loop looks at its sockets, so that who sends one call at a time never waits for those
/// who send thousands.
final class Turns {
    private let eventLoop: any EventLoop
    private var shares: [UInt32: UserShare] = [:]
    /// Users with connections that wait, the next one first.
    private var rotation: CircularBuffer<UserShare> = []
    /// The next turn; none while one runs.
    private var next: (due: NIODeadline, timer: Scheduled<Void>)?
    private var isServing = false
    /// Root and the server's own user are nobody's enemies.
    private let ownUserID = geteuid()

    /// How long calls are taken up in one go; the last one may take longer.
    private static let length = TimeAmount.microseconds(100)
    /// As long again: the event loop runs whatever is due before it looks at its sockets, so that turns due at once
    /// would keep it from them for ever.
    private static let pause = TimeAmount.microseconds(100)

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// The time of the event loop, which is its own in tests.
    var now: NIODeadline { eventLoop.now }

    /// The share of one more connection; who comes back finds what they left.
    func join(_ userID: UInt32) -> UserShare {
        if let share = shares[userID] {
            share.connections += 1
            return share
        }
        let now = now
        shares = shares.filter { !$0.value.isForgettable(at: now) }
        let share = UserShare(rests: userID != 0 && userID != ownUserID)
        share.connections = 1
        shares[userID] = share
        return share
    }

    /// Lets a connection wait for its turn.
    func wait(_ connection: any TurnTaker, _ share: UserShare) {
        if share.waiting.isEmpty { rotation.append(share) }
        share.append(connection)
        schedule()
    }

    /// Has the next turn begin so late, or earlier if it is to already.
    private func schedule(in delay: TimeAmount = pause) {
        let due = now + delay
        guard !isServing, next.map({ due < $0.due }) ?? true else { return }
        next?.timer.cancel()
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        next = (due, eventLoop.scheduleTask(deadline: due) { bound.value.serve() })
    }

    private func serve() {
        next = nil
        // Who waits again must not have the next turn due by the end of this one.
        isServing = true
        let start = now
        repeat {
            guard let share = nextUser(at: start) else { break }
            let connection = share.popFirst()
            if !share.waiting.isEmpty { rotation.append(share) }
            connection?.takeTurn()
        } while now < start + Self.length
        isServing = false
        guard let earliest = rotation.map(\.restsUntil).min() else { return }
        schedule(in: max(Self.pause, earliest - now))
    }

    /// The next one who does not rest.
    private func nextUser(at time: NIODeadline) -> UserShare? {
        for _ in 0..<rotation.count {
            let share = rotation.removeFirst()
            if share.restsUntil <= time { return share }
            rotation.append(share)
        }
        return nil
    }
}
