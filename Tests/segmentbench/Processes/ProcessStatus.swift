import Glibc

/// What `/proc` says of a process; proc_pid_status(5).
struct ProcessStatus {
    private let directory: String

    init(_ process: pid_t) { directory = "/proc/\(process)" }

    /// VmRSS and RssAnon, in KiB.
    var memory: (resident: Int, anonymous: Int) {
        (number("VmRSS", in: directory + "/status"), number("RssAnon", in: directory + "/status"))
    }

    /// VmHWM: the most that was resident since `forgetPeak`, in KiB.
    var peak: Int { number("VmHWM", in: directory + "/status") }

    func forgetPeak() throws {
        guard let file = fopen(directory + "/clear_refs", "w") else {
            throw BenchmarkError.call("clear_refs", errno: errno)
        }
        fputs("5", file)
        fclose(file)
    }

    /// How often its threads have gone to sleep and been woken again.
    var wakeUps: Int {
        guard let threads = opendir(directory + "/task") else { return 0 }
        defer { closedir(threads) }
        var total = 0
        while let entry = readdir(threads) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard Int(name) != nil else { continue }
            total += number("voluntary_ctxt_switches", in: directory + "/task/\(name)/status")
        }
        return total
    }

    /// That this process and what it starts may run on.
    static var allowedProcessors: Int {
        value("Cpus_allowed", in: "/proc/self/status").compactMap(\.hexDigitValue)
            .reduce(0) { $0 + $1.nonzeroBitCount }
    }

    private func number(_ key: String, in path: String) -> Int { Int(Self.value(key, in: path)) ?? 0 }

    /// The first word behind a key, or nothing.
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
