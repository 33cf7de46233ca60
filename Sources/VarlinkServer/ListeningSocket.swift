import POSIX
package import SystemPackage

/// A Unix socket that a daemon makes by itself where no service manager hands one over; unix(7).
package enum ListeningSocket {
    /// How many connections wait to be let in; `Backlog=` of segmentd.socket is the same.
    ///
    /// Who comes last waits for all of them, and one process that connects and closes keeps the queue full. Whoever
    /// finds it full sleeps in connect(2); who does not want to sleep gets EAGAIN, and tries again.
    package static let backlog: Int32 = 16

    /// Makes a listening socket that everybody may connect to.
    ///
    /// What a daemon that was killed left behind is replaced; a socket that somebody listens on is not.
    package static func make(at path: String) throws(ListeningSocketError) -> FileDescriptor {
        guard let address = UnixAddress(path) else { throw .pathTooLong(path) }
        guard !isServed(address) else { throw .alreadyServed(path) }
        let socket = try perform("socket", path) { () throws(Errno) in
            try FileDescriptor.unixSocket(blocking: false)
        }
        do throws(ListeningSocketError) {
            try unlinkSocket(path)
            try perform("bind", path) { () throws(Errno) in
                try socket.bind(to: address, permissions: FilePermissions(rawValue: 0o666))
            }
            // Before anybody can connect; the kernel may be too old to refuse them.
            socket.refuseDescriptors()
            try perform("listen", path) { () throws(Errno) in try socket.listen(backlog: backlog) }
            return socket
        } catch {
            try? socket.close()
            throw error
        }
    }

    private static func isServed(_ address: UnixAddress) -> Bool {
        guard let socket = try? FileDescriptor.unixSocket(blocking: false) else { return false }
        defer { try? socket.close() }
        do throws(Errno) { try socket.connect(to: address) } catch {
            // Its queue is full, which waiting would not tell.
            return error == .wouldBlock
        }
        return true
    }

    /// Only a socket is ever removed.
    private static func unlinkSocket(_ path: String) throws(ListeningSocketError) {
        guard let file = try? FilePath(path).stat(followTargetSymlink: false) else { return }
        guard file.type == .socket else { throw .notASocket(path) }
        try perform("unlink", path) { () throws(Errno) in try FilePath(path).unlink() }
    }

    private static func perform<Result>(
        _ call: String,
        _ path: String,
        _ body: () throws(Errno) -> Result
    ) throws(ListeningSocketError) -> Result {
        do throws(Errno) { return try body() } catch {
            throw .failed(call: call, path: path, errno: error.rawValue)
        }
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
