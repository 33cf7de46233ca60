import Glibc
import POSIX
import Varlink

/// The service manager's end of `$NOTIFY_SOCKET`.
package final class NotifyListener {
    package let path: String
    private let socket: Int32

    package init(_ path: String) throws {
        self.path = path
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        unlink(path)
        guard UnixAddress(path)?.withPointer({ bind(socket, $0, $1) }) == 0 else {
            close(socket)
            throw CannotListen(path: path)
        }
    }

    deinit { close(socket) }

    package struct CannotListen: Error {
        package var path: String
    }

    /// Returns the lines of the next message; nil if none arrives in time.
    package func next(within milliseconds: Int32 = 10000) -> [String]? {
        var entry = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, milliseconds) > 0 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(socket, &buffer, buffer.count, 0)
        guard count > 0 else { return nil }
        return String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Returns whether a process sends READY=1 within 30 s, before it ends.
    package func hearsReady(of process: ChildProcess) -> Bool {
        let end = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < end {
            if let message = next(within: 100) {
                if message.contains("READY=1") { return true }
            } else if process.ends(within: .zero) {
                return false
            }
        }
        return false
    }

    /// Discards pending messages, since a full socket would make the daemon retry.
    package func drain() {
        while next(within: 0) != nil {}
    }
}
