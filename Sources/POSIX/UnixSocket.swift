import CLinux
import Glibc
package import SystemPackage

/// Unix sockets; all are close-on-exec; unix(7).
extension FileDescriptor {
    /// Creates a stream or datagram socket; socket(2).
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

    /// Connects, waiting for a place in the queue until the deadline, then throws EAGAIN; SO_SNDTIMEO of
    /// socket(7), connect(2).
    package func connect(to address: UnixAddress, until deadline: Deadline = .never) throws(Errno) {
        var limit = deadline.timeval
        unsafe setsockopt(rawValue, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        _ = try valueOrErrno { unsafe address.withPointer { unsafe Glibc.connect(rawValue, $0, $1) } }
    }

    /// Binds the socket, which gets at most these permissions; bind(2), umask(2), which affects the whole
    /// process.
    package func bind(to address: UnixAddress, permissions: FilePermissions) throws(Errno) {
        let mask = umask(~permissions.rawValue & 0o777)
        defer { umask(mask) }
        _ = try valueOrErrno { unsafe address.withPointer { unsafe Glibc.bind(rawValue, $0, $1) } }
    }

    /// Listens for connections; listen(2).
    package func listen(backlog: Int32) throws(Errno) {
        _ = try valueOrErrno { Glibc.listen(rawValue, backlog) }
    }

    /// Accepts a connection as a non-blocking socket; accept4(2).
    package func accept() throws(Errno) -> FileDescriptor {
        FileDescriptor(rawValue: try valueOrErrno { clinux_accept(rawValue) })
    }

    /// Shuts down both directions; shutdown(2).
    package func shutDown() { _ = shutdown(rawValue, Int32(SHUT_RDWR)) }

    /// Sets O_NONBLOCK; fcntl(2).
    package func stopBlocking() throws(Errno) {
        _ = try valueOrErrno { fcntl(rawValue, F_SETFL, O_NONBLOCK) }
    }

    /// Sends as many bytes as the socket accepts without waiting; send(2).
    package func send(_ bytes: UnsafeRawBufferPointer) throws(Errno) -> Int {
        try countOrErrno {
            unsafe Glibc.send(rawValue, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
        }
    }

    /// Sends a complete message without waiting; sendto(2).
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

    /// Receives available bytes without waiting; 0 at the end of the stream; if `peeking`, they are not
    /// removed; recv(2).
    package func receive(
        into bytes: UnsafeMutableRawBufferPointer,
        peeking: Bool = false
    ) throws(Errno) -> Int {
        let flags = Int32(peeking ? MSG_DONTWAIT | MSG_PEEK : MSG_DONTWAIT)
        return try countOrErrno { unsafe recv(rawValue, bytes.baseAddress, bytes.count, flags) }
    }

    /// Receives available bytes into new memory.
    package func receive(atMost count: Int) throws(Errno) -> [UInt8] {
        try unsafe bytes(atMost: count) { bytes throws(Errno) in try unsafe receive(into: bytes) }
    }

    /// Limits the bytes that the kernel buffers for the peer; the kernel doubles the number; SO_SNDBUF of
    /// socket(7).
    package func limitSendBuffer(to bytes: Int32) {
        var bytes = bytes
        // If a seccomp filter refuses this, everything still works.
        _ = unsafe setsockopt(rawValue, SOL_SOCKET, SO_SNDBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Makes the kernel refuse descriptors sent to a connection, or to those that a socket will accept.
    ///
    /// Descriptors sent before stay. Returns whether any could be sent until now; false on kernels before
    /// 6.16, which cannot refuse them.
    @discardableResult
    package func refuseDescriptors() -> Bool { clinux_refuse_descriptors(rawValue) == 1 }

    /// Whether descriptors are waiting to be received, or it is unknown.
    package var mayHoldDescriptors: Bool { clinux_holds_descriptors(rawValue) != 0 }
}
