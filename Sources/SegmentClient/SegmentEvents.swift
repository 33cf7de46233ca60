import SegmentInterface
public import SegmentModel
import Varlink

/// What happens to the broker's segments, as it happens; ends with the daemon.
///
/// A subscriber that does not read loses its connection.
public final class SegmentEvents {
    private let replies: Replies

    init(_ replies: Replies) {
        self.replies = replies
    }

    /// Waits for the next event, without limit if none is given; nil once the broker has no more.
    ///
    /// Throws `timedOut`, after which the events can be waited for again, and `disconnected`.
    public func next(timeLimit: Duration? = nil) throws(SegmentClientError) -> SegmentEvent? {
        try replies.next(timeLimit: timeLimit)
    }
}

/// The replies to one call that has many.
final class Replies {
    private let connection: ClientConnection
    private var isOver = false

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

    func next<Result: JSONDecodable>(timeLimit: Duration?) throws(SegmentClientError) -> Result? {
        guard !isOver else { return nil }
        let reply: Reply
        do throws(ConnectionError) {
            reply = try connection.receiveNext(timeLimit: timeLimit)
        } catch {
            throw SegmentClientError(error)
        }
        isOver = !reply.continues
        return try reply.result()
    }
}
