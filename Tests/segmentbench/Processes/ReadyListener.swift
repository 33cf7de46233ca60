import CLinux
import Glibc
import POSIX
import Varlink

/// The service manager's end of `$NOTIFY_SOCKET`; sd_notify(3).
final class ReadyListener {
    private let socket: Int32

    /// Programs that are started from now on tell this socket.
    init(_ path: String) throws {
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        unlink(path)
        guard UnixAddress(path)?.withPointer({ bind(socket, $0, $1) }) == 0 else {
            close(socket)
            throw BenchmarkError.call("bind", errno: errno)
        }
        setenv("NOTIFY_SOCKET", path, 1)
    }

    deinit { close(socket) }

    /// Whether READY=1 has come, within 30 s, before the program ended.
    func waitForReady(orEndOf process: pid_t) -> Bool {
        let descriptor = clinux_process_descriptor(process)
        defer { close(descriptor) }
        var entries = [socket, descriptor].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        while poll(&entries, nfds_t(entries.count), 30_000) > 0, entries[0].revents != 0 {
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { return false }
            let lines = String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n")
            if lines.contains("READY=1") { return true }
        }
        return false
    }
}
