import CLinux
import Glibc
import Varlink

/// A Unix socket that a daemon makes by itself where no service manager hands one over; unix(7).
package enum ListeningSocket {
    /// How many connections wait to be let in; `Backlog=` of segmentd.socket is the same.
    ///
    /// Who comes last waits for all of them, and one process that connects and closes keeps the queue full. Whoever
    /// finds it full sleeps in connect(2); who does not want to sleep gets EAGAIN, and tries again.
    package static let backlog: Int32 = 16

    /// Makes a listening socket that everybody may connect to, and returns its descriptor.
    ///
    /// What a daemon that was killed left behind is replaced; a socket that somebody listens on is not.
    package static func make(at path: String) throws(ListeningSocketError) -> Int32 {
        guard let address = UnixAddress(path) else { throw .pathTooLong(path) }
        guard !isServed(address) else { throw .alreadyServed(path) }
        let descriptor = try open(path)
        do throws(ListeningSocketError) {
            try unlinkSocket(path)
            let mask = umask(0o111)
            let isBound = unsafe address.withPointer { unsafe bind(descriptor, $0, $1) } == 0
            let error = errno
            umask(mask)
            guard isBound else { throw .failed(call: "bind", path: path, errno: error) }
            // Before anybody can connect; the kernel may be too old to refuse them.
            _ = clinux_refuse_descriptors(descriptor)
            guard listen(descriptor, backlog) == 0 else {
                throw .failed(call: "listen", path: path, errno: errno)
            }
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    private static func open(_ path: String) throws(ListeningSocketError) -> Int32 {
        let descriptor = socket(
            AF_UNIX,
            Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue),
            0
        )
        guard descriptor >= 0 else { throw .failed(call: "socket", path: path, errno: errno) }
        return descriptor
    }

    private static func isServed(_ address: UnixAddress) -> Bool {
        let descriptor = socket(
            AF_UNIX,
            Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue),
            0
        )
        defer { close(descriptor) }
        // EAGAIN: its queue is full, which waiting would not tell.
        return unsafe address.withPointer { unsafe connect(descriptor, $0, $1) } == 0 || errno == EAGAIN
    }

    /// Only a socket is ever removed.
    private static func unlinkSocket(_ path: String) throws(ListeningSocketError) {
        var file = stat()
        guard unsafe lstat(path, &file) == 0 else { return }
        guard file.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path) }
        guard unsafe unlink(path) == 0 else { throw .failed(call: "unlink", path: path, errno: errno) }
    }
}

/// Why there is no socket to listen on.
package enum ListeningSocketError: Error, Equatable, Sendable {
    case pathTooLong(String)
    /// Another daemon answers there.
    case alreadyServed(String)
    /// Something else stands there and is left alone.
    case notASocket(String)
    case failed(call: String, path: String, errno: Int32)
}
