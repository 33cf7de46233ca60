import ArgumentParser
import Glibc

/// The real daemon beside this program, on a directory of its own.
final class DaemonUnderTest {
    let directory: String
    let process: pid_t
    /// From exec to READY=1.
    let readyAfter: Duration
    var socket: String { directory + "/socket" }
    private let notify: Int32

    /// As many segments, of these sizes in turn, in bytes.
    ///
    /// Records lie in memory, as those in /run do.
    init(segments: Int, sizes: [UInt64]) throws {
        var template = Array("/dev/shm/segmentbench.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw ValidationError("no temporary directory") }
        directory = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        let segmentFiles = directory + "/config/segments.d"
        mkdir(directory + "/config", 0o755)
        mkdir(segmentFiles, 0o755)
        for number in 0..<segments {
            let file = fopen("\(segmentFiles)/segment-\(number).toml", "w")
            fputs("size = \(sizes[number % sizes.count])\nkeep = \"until-stop\"\n", file)
            fclose(file)
        }
        notify = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard UnixSocket.bind(notify, directory + "/notify") == 0 else {
            throw ValidationError("no notify socket")
        }
        setenv("NOTIFY_SOCKET", directory + "/notify", 1)
        let binary = CommandLine.arguments[0].split(separator: "/").dropLast().joined(separator: "/")
        let start = ContinuousClock.now
        process = try Spawn.start([
            (CommandLine.arguments[0].hasPrefix("/") ? "/" : "") + binary + "/segmentd", "--config",
            directory + "/config", "--socket", directory + "/socket", "--state", directory + "/state",
        ])
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(notify, &buffer, buffer.count, 0)
            guard count > 0 else { throw ValidationError("segmentd did not say READY=1") }
            if String(decoding: buffer[..<count], as: UTF8.self).contains("READY=1") { break }
        }
        readyAfter = ContinuousClock.now - start
    }

    /// Stops it, which removes its segments, and everything on disk.
    func stop() {
        kill(process, SIGTERM)
        waitpid(process, nil, 0)
        close(notify)
        _ = try? Spawn.start(["/bin/rm", "-rf", directory]).wait()
    }

    /// A line of `/proc/PID/status`, in KiB.
    func memory(_ key: String) -> Int { ProcessStatus.value(key, in: "/proc/\(process)/status") }

    /// How often its threads have gone to sleep and been woken again.
    func wakeUps() -> Int {
        guard let directory = opendir("/proc/\(process)/task") else { return 0 }
        defer { closedir(directory) }
        var total = 0
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard Int(name) != nil else { continue }
            total += ProcessStatus.value(
                "voluntary_ctxt_switches",
                in: "/proc/\(process)/task/\(name)/status"
            )
        }
        return total
    }
}

enum ProcessStatus {
    static func value(_ key: String, in path: String) -> Int {
        guard let file = fopen(path, "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, 256, file) != nil {
            let words = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
                .split(whereSeparator: {
                    $0 == ":" || $0 == " " || $0 == "\t" || $0 == "\n"
                })
            if words.count > 1, words[0] == key { return Int(words[1]) ?? 0 }
        }
        return 0
    }
}

enum Spawn {
    static func start(_ arguments: [String]) throws -> pid_t {
        let pointers = arguments.map { strdup($0) as UnsafeMutablePointer<CChar>? } + [nil]
        defer { pointers.forEach { free($0) } }
        var process: pid_t = 0
        guard posix_spawn(&process, arguments[0], nil, nil, pointers, environ) == 0 else {
            throw ValidationError("\(arguments[0]) cannot be run")
        }
        return process
    }
}

extension pid_t {
    func wait() { waitpid(self, nil, 0) }
}
