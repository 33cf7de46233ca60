import POSIX
import SegmentInterface
public import SegmentModel
import SystemPackage
import Varlink

/// What happens to the broker's segments, as it happens, whatever happens to the daemon.
///
/// It begins with a snapshot: each segment as `current`, then `listed`. Where the connection ends, because the daemon
/// is restarted or because the subscriber did not read for too long, it connects again and begins anew with a snapshot.
/// What happened in between is not told one by one: what the new snapshot lacks has gone.
public final class SegmentEvents {
    private let address: BrokerAddress
    private var replies: Replies?
    /// How often it has connected: a snapshot after the first may also come on the same connection.
    package private(set) var connectionCount = 1

    init(_ address: BrokerAddress, _ deadline: Deadline) throws(SegmentClientError) {
        self.address = address
        replies = try Self.subscribe(address, deadline)
    }

    /// Waits for the next event, for a daemon that is away too, without limit if none is given; nil once the broker has
    /// no more.
    ///
    /// Throws `timedOut`, and whatever else a wait does not mend: `refused`, `untrusted`, `unreachable` where the socket
    /// is closed to this process, `failed`, `protocolViolation` for an event that this library does not know. After each of them the events can be waited for again.
    public func next(timeLimit: Duration? = nil) throws(SegmentClientError) -> SegmentEvent? {
        let deadline = Deadline(timeLimit)
        var backoff = Backoff()
        while true {
            do throws(SegmentClientError) {
                return try connected(deadline).next(deadline)
            } catch {
                if replies?.isUseless ?? false { replies = nil }
                guard error.passesWithARestart else { throw error }
                guard backoff.pause(until: deadline) else { throw .timedOut }
            }
        }
    }

    private func connected(_ deadline: Deadline) throws(SegmentClientError) -> Replies {
        if let replies { return replies }
        let replies = try Self.subscribe(address, deadline)
        self.replies = replies
        connectionCount &+= 1
        return replies
    }

    private static func subscribe(
        _ address: BrokerAddress,
        _ deadline: Deadline
    ) throws(SegmentClientError) -> Replies {
        try Replies(try address.connect(deadline), .subscribe, deadline)
    }
}

extension SegmentClientError {
    /// Whether this is what a client sees of a daemon that is being restarted.
    var passesWithARestart: Bool {
        switch self {
        case .disconnected: true
        case .unreachable(_, let errno):
            [.noSuchFileOrDirectory, .connectionRefused].contains(Errno(rawValue: errno))
        case .untrusted, .timedOut, .outcomeUnknown, .protocolViolation, .refused, .otherNamespace,
            .identityDiffers, .failed:
            false
        }
    }
}

/// The replies to one call that has many.
final class Replies {
    private let connection: ClientConnection
    private var isOver = false
    /// After an error of the connection or of the service: nothing more comes.
    private(set) var isUseless = false

    init(
        _ connection: ClientConnection,
        _ method: BrokerMethod,
        _ deadline: Deadline
    ) throws(SegmentClientError) {
        self.connection = connection
        do throws(ConnectionError) {
            try connection.callMore(method.rawValue, NoParameters(), timeLimit: deadline.remaining)
        } catch {
            throw SegmentClientError(error)
        }
    }

    func next<Result: JSONDecodable>(_ deadline: Deadline) throws(SegmentClientError) -> Result? {
        guard !isOver else { return nil }
        let reply: Reply
        do throws(ConnectionError) {
            reply = try connection.receiveNext(timeLimit: deadline.remaining)
        } catch {
            isUseless = error != .timedOut
            throw SegmentClientError(error)
        }
        isOver = !reply.continues
        isUseless = reply.error != nil
        return try reply.result()
    }
}
