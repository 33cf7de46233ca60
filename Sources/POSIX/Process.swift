import CLinux
import Glibc
package import SystemPackage

/// Another process, as proc(5) shows it; its number may be somebody else's at any time.
package struct Process: Sendable {
    package let id: Int32

    package init(_ id: Int32) { self.id = id }

    /// Also where it is another user's; kill(2).
    package var exists: Bool { kill(id, 0) == 0 || errno != ESRCH }

    /// What the kernel calls it; nil once it is gone.
    package var command: String? {
        guard let text = try? FilePath("/proc/\(id)/comm").contents(atMost: 1024), !text.isEmpty else {
            return nil
        }
        return String(decoding: text.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    /// When it began, in clock ticks since boot: field 22 of `/proc/PID/stat`; nil where that cannot be read.
    package var startTime: UInt64? {
        get throws(Errno) {
            let text = try FilePath("/proc/\(id)/stat").contents(atMost: 4096)
            // The command may have spaces and parentheses of its own; after it comes field 3.
            guard let end = text.lastIndex(of: UInt8(ascii: ")")) else { return nil }
            let fields = text[(end + 1)...].split(separator: UInt8(ascii: " "))
            return fields.count > 19 ? UInt64(String(decoding: fields[19], as: UTF8.self)) : nil
        }
    }

    /// When it began, CLOCK_REALTIME in µs; nil where that cannot be read.
    package var started: Int64? {
        guard let ticks = (try? startTime).flatMap({ $0 }) else { return nil }
        let boot = KernelClock.realtime.microseconds - KernelClock.boottime.microseconds
        let ticksPerSecond = UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
        let (time, overflow) = ticks.multipliedReportingOverflow(by: 1_000_000 / ticksPerSecond)
        return overflow ? nil : Int64(exactly: time)?.addingReportingOverflow(boot).partialValue
    }
}

/// A process that is watched by a descriptor, which is never another process's; pidfd_open(2).
package struct ProcessDescriptor: ~Copyable, Sendable {
    /// For poll(2): readable once the process has ended.
    package let descriptor: FileDescriptor

    /// Throws ESRCH where there is no such process; EINVAL, or ENOENT since Linux 6.15, where the number is a thread's.
    package init(_ process: Int32) throws(Errno) {
        descriptor = FileDescriptor(rawValue: try valueOrErrno { clinux_process_descriptor(process) })
    }

    deinit { try? descriptor.close() }

    package var hasEnded: Bool { descriptor.isReady(for: .read) }
}
