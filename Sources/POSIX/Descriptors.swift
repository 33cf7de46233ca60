import CLinux
import Glibc
package import SystemPackage

/// A descriptor for a process, which never refers to another one; pidfd_open(2).
package struct ProcessDescriptor: ~Copyable, Sendable {
    /// For poll(2): readable once the process has ended.
    package let descriptor: FileDescriptor

    /// Opens a process; throws ESRCH if there is none, EINVAL, or ENOENT since Linux 6.15, if the number is a
    /// thread's.
    package init(_ process: Int32) throws(Errno) {
        descriptor = FileDescriptor(rawValue: try valueOrErrno { clinux_process_descriptor(process) })
    }

    deinit { try? descriptor.close() }

    package var hasEnded: Bool { descriptor.isReady(for: .read) }
}

/// A descriptor that lets one thread wake another one that polls; eventfd(2).
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

    /// Makes the descriptor unreadable again; waits for `signal` if it was not readable.
    package func clear() {
        var count: UInt64 = 0
        while unsafe read(descriptor.rawValue, &count, 8) < 0, errno == EINTR {}
    }
}
