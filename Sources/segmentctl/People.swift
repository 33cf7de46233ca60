import Glibc
import SegmentClient
import SystemPackage

/// Names for numbers, that the daemon does not ask for.
enum People {
    static func user(_ number: UInt32) -> String? {
        unsafe getpwuid(number).map { unsafe String(cString: $0.pointee.pw_name) }
    }

    /// The number where there is no name.
    static func group(_ number: UInt32) -> String {
        unsafe getgrgid(number).map { unsafe String(cString: $0.pointee.gr_name) } ?? String(number)
    }

    /// Whether the process that took a lease is gone, or its number another's by now, so that a child has inherited its
    /// connection.
    static func isGone(_ lease: Lease) -> Bool {
        guard let started = start(of: lease.processID) else {
            return kill(lease.processID, 0) != 0 && errno == ESRCH
        }
        // The kernel counts the start in hundredths of a second.
        return started - 20_000 > lease.since
    }

    /// When a process began, CLOCK_REALTIME in µs; nil once it is gone; proc_pid_stat(5).
    private static func start(of process: Int32) -> Int64? {
        guard let text = read("/proc/\(process)/stat"), let end = text.lastIndex(of: ")"),
            let ticks = text[end...].split(separator: " ").dropFirst(20).first.flatMap({ Int64($0) })
        else { return nil }
        var (boot, now) = (timespec(), timespec())
        unsafe clock_gettime(CLOCK_BOOTTIME, &boot)
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        func microseconds(_ time: timespec) -> Int64 {
            Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
        }
        return microseconds(now) - microseconds(boot) + ticks
            * (1_000_000 / max(1, Int64(sysconf(Int32(_SC_CLK_TCK)))))
    }

    /// What the kernel calls a process; nil once it is gone.
    static func command(_ process: Int32) -> String? {
        read("/proc/\(process)/comm").map { String($0.prefix { $0 != "\n" }) }
    }

    private static func read(_ path: String) -> String? {
        guard let file = try? FileDescriptor.open(FilePath(path), .readOnly) else { return nil }
        defer { try? file.close() }
        var text = [UInt8](repeating: 0, count: 1024)
        guard let count = try? unsafe text.withUnsafeMutableBytes({ unsafe try file.read(into: $0) }),
            count > 0
        else { return nil }
        return String(decoding: text[..<count], as: UTF8.self)
    }
}

extension SegmentDescription {
    /// With the names that this process can see.
    var named: SegmentDescription {
        var named = self
        named.leases = leases.map { lease in
            var lease = lease
            lease.userName = lease.userName ?? People.user(lease.userID)
            if !People.isGone(lease) { lease.command = lease.command ?? People.command(lease.processID) }
            return lease
        }
        if let number = UInt32(group) { named.group = People.group(number) }
        return named
    }
}
