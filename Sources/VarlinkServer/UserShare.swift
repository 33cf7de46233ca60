import NIOCore

/// What the connections of one user have of the server together: time of the event loop, and memory.
///
/// Neither grows with the number of connections, so that nobody is served more by making more of them.
final class UserShare {
    /// Whether long messages cost this user a rest.
    private let rests: Bool
    var connections = 0
    /// What waits in both directions, in bytes; small amounts are not counted.
    var bufferedBytes = 0
    /// Connections with calls that are not taken up yet, in the order in which they came.
    private(set) var waiting: CircularBuffer<any TurnTaker> = []
    /// Until then nothing is taken up, after a message so long that it held up others.
    private(set) var restsUntil = NIODeadline.distantPast
    /// What calls have taken in one pass of the event loop over its sockets.
    private var used: (pass: Int, time: TimeAmount) = (0, .zero)

    /// The shortest message that costs a rest, in bytes.
    private static let long = 1 << 13

    init(rests: Bool = true) {
        self.rests = rests
    }

    /// Whether one more call may be taken up without waiting for a turn, where a user has so much of a pass.
    func mayGoOn(at now: NIODeadline, in pass: Int, most: TimeAmount) -> Bool {
        waiting.isEmpty && restsUntil <= now && (used.pass != pass || used.time < most)
    }

    /// Whether there is nothing to remember.
    func isForgettable(at now: NIODeadline, in pass: Int) -> Bool {
        connections == 0 && waiting.isEmpty && restsUntil <= now && used.pass != pass
    }

    func charge(_ time: TimeAmount, in pass: Int) {
        used = used.pass == pass ? (pass, used.time + time) : (pass, time)
    }

    /// Charges a call or reply that is longer than nearly any: a user has one MiB of them a second.
    func charge(message bytes: Int, at now: @autoclosure () -> NIODeadline) {
        if rests, bytes > Self.long { restsUntil = max(restsUntil, now()) + .microseconds(Int64(bytes)) }
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
