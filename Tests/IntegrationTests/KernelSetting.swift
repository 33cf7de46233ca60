import Glibc
import SegmentTestSupport
import Testing

/// A sysctl of this IPC namespace; sysctl(8).
enum KernelSetting: String {
    case shmRmidForced = "shm_rmid_forced"
    case shmmni, shmmax, shmall

    /// Only root of the namespace may change them.
    static let canBeSet = access("/proc/sys/kernel/shmmni", W_OK) == 0

    private var path: String { "/proc/sys/kernel/\(rawValue)" }

    /// Changes the setting while `body` runs.
    func with(_ value: UInt64, _ body: () throws -> Void) throws {
        let before = try read()
        try write("\(value)")
        defer { try? write(before) }
        try body()
    }

    private func read() throws -> String {
        try Programs.run("cat \(path)").output.trimmingSuffix("\n")
    }

    private func write(_ value: String) throws {
        try #require(Programs.run("echo \(value) > \(path)").status == 0)
    }
}

extension String {
    fileprivate func trimmingSuffix(_ suffix: String) -> String {
        hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
    }
}
