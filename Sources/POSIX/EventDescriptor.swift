import CLinux
import Glibc
package import SystemPackage

/// A descriptor by which one thread wakes another that polls; eventfd(2).
package struct EventDescriptor: ~Copyable, Sendable {
    /// Readable from `signal` to `clear`.
    package let descriptor: FileDescriptor

    package init() throws(Errno) {
        descriptor = FileDescriptor(rawValue: try valueOrErrno { clinux_event_descriptor() })
    }

    deinit { try? descriptor.close() }

    package func signal() {
        var one: UInt64 = 1
        while unsafe write(descriptor.rawValue, &one, 8) < 0, errno == EINTR {}
    }

    /// Waits for a signal where there was none.
    package func clear() {
        var count: UInt64 = 0
        while unsafe read(descriptor.rawValue, &count, 8) < 0, errno == EINTR {}
    }
}
