import Glibc
import POSIX
import SystemPackage

/// The status of a process in `/proc`; proc_pid_status(5).
package struct ProcessStatus {
    package let identifier: pid_t
    private var directory: String { "/proc/\(identifier)" }

    package init(_ identifier: pid_t) { self.identifier = identifier }

    /// VmRSS, in KiB.
    package var resident: Int { number("VmRSS") }
    /// RssAnon, in KiB.
    package var anonymous: Int { number("RssAnon") }
    /// VmHWM: the peak resident size since `forgetPeak`, in KiB.
    package var peak: Int { number("VmHWM") }

    package func forgetPeak() throws {
        guard let file = fopen(directory + "/clear_refs", "w") else {
            throw CannotForget(process: identifier, errno: errno)
        }
        fputs("5", file)
        fclose(file)
    }

    package struct CannotForget: Error {
        package var process: pid_t
        package var errno: Int32
    }

    /// The number of its open descriptors.
    package var descriptors: Int { fileNames(in: directory + "/fd").count }

    private var threads: [id_t] { fileNames(in: directory + "/task").compactMap { id_t($0) } }

    /// The number of times its threads have slept and been woken.
    package var wakeUps: Int {
        threads.reduce(0) { $0 + number("voluntary_ctxt_switches", in: "/task/\($1)") }
    }

    /// Sets its priority, so that a busy machine disturbs a measurement less; setpriority(2).
    package func setPriority(_ priority: Int32) {
        for thread in threads { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), thread, priority) }
    }

    /// The number of processors that this process and its children may run on.
    package static var allowedProcessors: Int {
        value("Cpus_allowed", in: "/proc/self/status").compactMap(\.hexDigitValue)
            .reduce(0) { $0 + $1.nonzeroBitCount }
    }

    private func number(_ key: String, in folder: String = "") -> Int {
        Int(Self.value(key, in: directory + folder + "/status")) ?? 0
    }

    /// Returns the first word after a key; empty if there is none.
    private static func value(_ key: String, in path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let words = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
                .split { $0 == ":" || $0.isWhitespace }
            if words.count > 1, words[0] == key { return String(words[1]) }
        }
        return ""
    }
}

/// Returns the names in a directory; empty if it cannot be read.
package func fileNames(in folder: String) -> [String] {
    ((try? FilePath(folder).entries()) ?? []).map { String(decoding: $0.name, as: UTF8.self) }
}
