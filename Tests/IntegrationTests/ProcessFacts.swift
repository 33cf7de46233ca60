import Glibc
import Testing

/// What /proc tells of a process; proc(5).
struct ProcessFacts {
    let identifier: pid_t

    /// In KiB.
    var resident: Int { get throws { try number("VmRSS") } }

    /// The most since `forgetPeak`, in KiB.
    var peak: Int { get throws { try number("VmHWM") } }

    func forgetPeak() throws {
        let file = try #require(fopen("/proc/\(identifier)/clear_refs", "w"))
        fputs("5", file)
        fclose(file)
    }

    var descriptors: Int {
        var count = 0
        guard let stream = opendir("/proc/\(identifier)/fd") else { return 0 }
        defer { closedir(stream) }
        while readdir(stream) != nil { count += 1 }
        return count
    }

    /// Puts it before or behind others, so that a busy machine disturbs a measurement less; setpriority(2).
    func setPriority(_ priority: Int32) {
        guard let stream = opendir("/proc/\(identifier)/task") else { return }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let thread = id_t(name) else { continue }
            setpriority(__priority_which_t(PRIO_PROCESS.rawValue), thread, priority)
        }
    }

    private func number(_ fact: String) throws -> Int {
        let output = try Programs.run("grep '^\(fact):' /proc/\(identifier)/status | tr -dc 0-9").output
        return try #require(Int(output))
    }
}
