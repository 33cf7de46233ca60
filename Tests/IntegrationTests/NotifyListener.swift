import Glibc
import Testing
import Varlink

/// The service manager's end of `$NOTIFY_SOCKET`.
final class NotifyListener {
    let path: String
    private let socket: Int32

    init(_ path: String) throws {
        self.path = path
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        unlink(path)
        try #require(UnixAddress(path)?.withPointer { bind(socket, $0, $1) } == 0)
    }

    deinit { close(socket) }

    /// The next message's lines; nil if none comes in time.
    func next(within milliseconds: Int32 = 10000) -> [String]? {
        var entry = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, milliseconds) > 0 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(socket, &buffer, buffer.count, 0)
        guard count > 0 else { return nil }
        return String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Forgets what has been said: a service manager that does not listen would hold the daemon up.
    func drain() {
        while next(within: 0) != nil {}
    }

    /// Waits for a message with a line that begins so, and returns it.
    func expect(_ line: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> [String] {
        while let message = next() {
            if message.contains(where: { $0.hasPrefix(line) }) { return message }
        }
        Issue.record("no \(line)", sourceLocation: sourceLocation)
        throw NothingSaid()
    }

    struct NothingSaid: Error {}
}
