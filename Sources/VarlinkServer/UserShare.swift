import EventLoop

/// What the connections of one user have of the server together: time of the event loop, and memory.
///
/// Neither grows with the number of connections, so that nobody is served more by making more of them.
final class UserShare {
    /// Whether long messages cost this user a rest.
    private let rests: Bool
    var connections = 0
    /// What waits in both directions; small amounts are not counted.
    var buffered = BufferedBytes()
    /// Connections with calls that are not taken up yet, in the order in which they came.
    private(set) var waiting = Queue<any TurnTaker>()
    /// Until then nothing is taken up, after a message so long that it held up others.
    private(set) var restsUntil = MonotonicTime.distantPast
    /// What calls have taken in one pass of the event loop over its sockets.
    private var used: (pass: Int, time: Duration) = (0, .zero)

    /// The longest call and the longest reply that cost no rest, in bytes: each takes some ten µs.
    private static let (shortCall, shortReply) = (1 << 13, 1 << 15)

    init(rests: Bool = true) {
        self.rests = rests
    }

    /// Whether one more call may be taken up without waiting for a turn, where a user has so much of a pass.
    func mayGoOn(at now: MonotonicTime, in pass: Int, most: Duration) -> Bool {
        waiting.isEmpty && restsUntil <= now && (used.pass != pass || used.time < most)
    }

    /// Whether there is nothing to remember.
    func isForgettable(at now: MonotonicTime, in pass: Int) -> Bool {
        connections == 0 && waiting.isEmpty && restsUntil <= now && used.pass != pass
    }

    func charge(_ time: Duration, in pass: Int) {
        used = used.pass == pass ? (pass, used.time + time) : (pass, time)
    }

    /// Charges a call or reply that is longer than nearly any: a user has one MiB of them a second.
    ///
    /// Reading or making one is never interrupted, so that everybody else waits as long. The rest is the user's and
    /// not the connection's: with a thousand connections there would be a thousand times as many.
    func charge(call bytes: Int, at now: @autoclosure () -> MonotonicTime) {
        if bytes > Self.shortCall { rest(after: bytes, at: now()) }
    }

    func charge(reply bytes: Int, at now: @autoclosure () -> MonotonicTime) {
        if bytes > Self.shortReply { rest(after: bytes, at: now()) }
    }

    private func rest(after bytes: Int, at now: MonotonicTime) {
        if rests { restsUntil = max(restsUntil, now) + .microseconds(Int64(bytes)) }
    }

    func append(_ connection: any TurnTaker) {
        waiting.append(connection)
    }

    func popFirst() -> (any TurnTaker)? {
        waiting.popFirst()
    }
}

/// A connection that waits for its turn.
protocol TurnTaker: AnyObject {
    /// Takes up one call.
    func takeTurn()
}
