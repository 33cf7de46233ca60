import CLinux
import Glibc
package import SystemPackage

/// Unix sockets, which close on execve(2); unix(7).
extension FileDescriptor {
    /// A stream, or a datagram socket; socket(2).
    package static func unixSocket(
        datagram: Bool = false,
        blocking: Bool = true
    ) throws(Errno) -> FileDescriptor {
        let type = datagram ? SOCK_DGRAM : SOCK_STREAM
        let options = Int32(SOCK_CLOEXEC.rawValue) | (blocking ? 0 : Int32(SOCK_NONBLOCK.rawValue))
        return FileDescriptor(
            rawValue: try valueOrErrno { Glibc.socket(AF_UNIX, Int32(type.rawValue) | options, 0) }
        )
    }

    /// Waits for a place in the queue as long as may be, then throws EAGAIN: SO_SNDTIMEO of socket(7); connect(2).
    package func connect(to address: UnixAddress, until deadline: Deadline = .never) throws(Errno) {
        var limit = deadline.timeval
        unsafe setsockopt(rawValue, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        _ = try valueOrErrno { unsafe address.withPointer { unsafe Glibc.connect(rawValue, $0, $1) } }
    }

    /// bind(2), so that the socket has these permissions at most; umask(2) is the process's.
    package func bind(to address: UnixAddress, permissions: FilePermissions) throws(Errno) {
        let mask = umask(~permissions.rawValue & 0o777)
        defer { umask(mask) }
        _ = try valueOrErrno { unsafe address.withPointer { unsafe Glibc.bind(rawValue, $0, $1) } }
    }

    /// listen(2).
    package func listen(backlog: Int32) throws(Errno) {
        _ = try valueOrErrno { Glibc.listen(rawValue, backlog) }
    }

    /// A connection that does not block; accept4(2).
    package func accept() throws(Errno) -> FileDescriptor {
        FileDescriptor(rawValue: try valueOrErrno { clinux_accept(rawValue) })
    }

    /// shutdown(2), in both directions.
    package func shutDown() { _ = shutdown(rawValue, Int32(SHUT_RDWR)) }

    /// fcntl(2), O_NONBLOCK.
    package func stopBlocking() throws(Errno) {
        _ = try valueOrErrno { fcntl(rawValue, F_SETFL, O_NONBLOCK) }
    }

    /// Sends what the socket takes without waiting; send(2).
    package func send(_ bytes: UnsafeRawBufferPointer) throws(Errno) -> Int {
        try countOrErrno {
            unsafe Glibc.send(rawValue, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
        }
    }

    /// Sends a message whole, without waiting; sendto(2).
    package func send(_ message: [UInt8], to address: UnixAddress) throws(Errno) {
        let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
        _ = try countOrErrno {
            unsafe message.withUnsafeBytes { message in
                unsafe address.withPointer {
                    unsafe sendto(rawValue, message.baseAddress, message.count, flags, $0, $1)
                }
            }
        }
    }

    /// Receives what there is without waiting, 0 at its end; where `peeking`, it stays there; recv(2).
    package func receive(
        into bytes: UnsafeMutableRawBufferPointer,
        peeking: Bool = false
    ) throws(Errno) -> Int {
        let flags = Int32(peeking ? MSG_DONTWAIT | MSG_PEEK : MSG_DONTWAIT)
        return try countOrErrno { unsafe recv(rawValue, bytes.baseAddress, bytes.count, flags) }
    }

    /// The same into memory of its own.
    package func receive(atMost count: Int) throws(Errno) -> [UInt8] {
        try unsafe bytes(atMost: count) { bytes throws(Errno) in try unsafe receive(into: bytes) }
    }

    /// Has the kernel keep about so many bytes of what is sent and not read, which it doubles; SO_SNDBUF of socket(7).
    package func limitSendBuffer(to bytes: Int32) {
        var bytes = bytes
        // Where a filter forbids it, all goes on as before.
        _ = unsafe setsockopt(rawValue, SOL_SOCKET, SO_SNDBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Has the kernel refuse descriptors that are sent to a connection, or to those that a socket will accept.
    ///
    /// What has been sent before stays. Whether some could be sent until now; not where the kernel is older than 6.16,
    /// which refuses none.
    @discardableResult
    package func refuseDescriptors() -> Bool { clinux_refuse_descriptors(rawValue) == 1 }

    /// Whether descriptors wait to be received, or that cannot be told.
    package var mayHoldDescriptors: Bool { clinux_holds_descriptors(rawValue) != 0 }
}
