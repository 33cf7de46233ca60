import POSIX
import SegmentInterface
import SystemPackage
import Varlink

/// The replies to one call that has many.
final class Replies {
    private let connection: ClientConnection
    private var isOver = false
    /// No more replies come after an error of the connection or of the service.
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

    /// The connection's socket.
    var fileDescriptor: FileDescriptor { connection.fileDescriptor }

    /// Waits for the next reply; nil after the last.
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
