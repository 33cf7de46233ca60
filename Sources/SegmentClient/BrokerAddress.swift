import CLinux
import Glibc
import Varlink

/// Where a broker may listen.
struct BrokerAddress: Sendable {
    /// In this order; only a socket that does not exist lets the next be tried.
    private let sockets: [String]

    /// Nil: where a program looks that is not told otherwise.
    init(_ socket: String?) {
        sockets = socket.map { [$0] } ?? Self.candidates
    }

    private static let name = "segmentd/io.segmentd.Broker"

    private static var candidates: [String] {
        if let path = variable("SEGMENTD_SOCKET") { return [path] }
        let own = variable("XDG_RUNTIME_DIR").map { "\($0)/\(name)" }
        return (own.map { [$0] } ?? []) + ["/run/\(name)"]
    }

    /// Nil in a setuid program; empty is as good as unset.
    private static func variable(_ name: String) -> String? {
        guard let value = unsafe clinux_secure_getenv(name), unsafe value.pointee != 0 else { return nil }
        return unsafe String(cString: value)
    }

    /// Connects to the first socket that exists, if the process behind it is to be believed.
    func connect(_ deadline: Deadline) throws(SegmentClientError) -> ClientConnection {
        var missing = SegmentClientError.unreachable(socket: "", errno: ENOENT)
        for (index, path) in sockets.enumerated() {
            let connection: ClientConnection
            do throws(ConnectionError) {
                connection = try ClientConnection(path: path, timeLimit: deadline.remaining)
            } catch .cannotConnect(_, ENOENT) {
                if index == 0 { missing = .unreachable(socket: path, errno: ENOENT) }
                continue
            } catch {
                throw SegmentClientError(error)
            }
            let user = connection.peerUserID
            guard user == 0 || user == geteuid() else { throw .untrusted(socket: path, userID: user) }
            return connection
        }
        throw missing
    }
}
