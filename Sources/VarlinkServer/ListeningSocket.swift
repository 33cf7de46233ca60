import POSIX
package import SystemPackage

/// The Unix socket of a daemon that gets none from a service manager; unix(7).
package enum ListeningSocket {
    /// The number of connections that may wait to be accepted; the same as `Backlog=` of segmentd.socket.
    ///
    /// It is short because the last client in the queue waits for all others, and a single process that
    /// connects and closes keeps the queue full. A client that finds the queue full sleeps in connect(2), or
    /// gets EAGAIN if its socket does not block.
    package static let backlog: Int32 = 16

    /// Creates a listening socket that anyone may connect to.
    ///
    /// A socket left behind by a killed daemon is replaced; one in use is not.
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
            // Before any client can connect; an old kernel does not refuse them.
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
            // Its queue is full, so it is in use.
            return error == .wouldBlock
        }
        return true
    }

    /// Removes a socket, and nothing else.
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

/// The reason the listening socket could not be created.
package enum ListeningSocketError: Error, Equatable, Sendable {
    case pathTooLong(String)
    /// Another daemon is using the socket.
    case alreadyServed(String)
    /// Another kind of file has the path and is left alone.
    case notASocket(String)
    case failed(call: String, path: String, errno: Int32)
}
