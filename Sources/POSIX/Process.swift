import Glibc
import SystemPackage

/// Another process, as proc(5) shows it; the number may be reused at any time.
package struct Process: Sendable {
    package let id: Int32

    package init(_ id: Int32) { self.id = id }

    /// Whether the process exists, whoever's it is; kill(2).
    package var exists: Bool { kill(id, 0) == 0 || errno != ESRCH }

    /// The kernel's name for its command; nil if it has ended.
    package var command: String? {
        guard let text = try? FilePath("/proc/\(id)/comm").contents(atMost: 1024), !text.isEmpty else {
            return nil
        }
        return String(decoding: text.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    /// When it started, in clock ticks since boot: field 22 of `/proc/PID/stat`; nil if that cannot be
    /// parsed.
    package var startTime: UInt64? {
        get throws(Errno) {
            let text = try FilePath("/proc/\(id)/stat").contents(atMost: 4096)
            // The command may contain spaces and parentheses; field 3 follows it.
            guard let end = text.lastIndex(of: UInt8(ascii: ")")) else { return nil }
            let fields = text[(end + 1)...].split(separator: UInt8(ascii: " "))
            return fields.count > 19 ? UInt64(String(decoding: fields[19], as: UTF8.self)) : nil
        }
    }

    /// When it started, CLOCK_REALTIME in µs; nil if unknown.
    package var started: Int64? {
        guard let ticks = (try? startTime).flatMap({ $0 }) else { return nil }
        let boot = KernelClock.realtime.microseconds - KernelClock.boottime.microseconds
        let ticksPerSecond = UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
        let (time, overflow) = ticks.multipliedReportingOverflow(by: 1_000_000 / ticksPerSecond)
        return overflow ? nil : Int64(exactly: time)?.addingReportingOverflow(boot).partialValue
    }
}
