import Glibc

/// A new directory for one run, removed when the scope is left; in memory, as `/run` is.
struct WorkingDirectory {
    let path: String

    var brokerSocket: String { path + "/broker" }
    var echoSocket: String { path + "/echo" }
    var notifySocket: String { path + "/notify" }
    var log: String { path + "/log" }
    private var configuration: String { path + "/config" }
    private var segmentFiles: String { configuration + "/segments.d" }

    static func with<Result>(_ body: (WorkingDirectory) throws -> Result) throws -> Result {
        var template = Array("/dev/shm/segmentbench.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw BenchmarkError.call("mkdtemp", errno: errno) }
        let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        defer { system("rm -rf '\(path)'") }
        let directory = WorkingDirectory(path: path)
        mkdir(directory.configuration, 0o755)
        mkdir(directory.segmentFiles, 0o755)
        return try body(directory)
    }

    /// Declares the segments `segment-0`, `segment-1` and so on, of these sizes in turn, in bytes.
    func declare(_ count: Int, sizes: [UInt64]) throws {
        for number in 0..<count {
            guard let file = fopen("\(segmentFiles)/segment-\(number).toml", "w") else {
                throw BenchmarkError.call("fopen", errno: errno)
            }
            fputs("size = \(sizes[number % sizes.count])\nkeep = \"until-stop\"\n", file)
            fclose(file)
        }
    }

    /// Declares a segment that every user may write, and lets them all come.
    func declareForAll(_ name: String) throws {
        guard let file = fopen("\(segmentFiles)/\(name).toml", "w") else {
            throw BenchmarkError.call("fopen", errno: errno)
        }
        fputs("size = 4096\nmode = \"0666\"\nkeep = \"until-stop\"\n", file)
        fclose(file)
        chmod(path, 0o755)
    }

    /// Puts a program that was built beside this one where every user may run it; returns its path.
    func copyForAll(_ name: String) throws -> String {
        let copy = "\(path)/\(name)"
        guard system("install -m 755 '\(Self.program(name))' '\(copy)'") == 0 else {
            throw BenchmarkError.refused("\(name) cannot be copied")
        }
        return copy
    }

    /// The program whose service is measured.
    var broker: [String] {
        [
            Self.program("segmentd"), "--config", configuration, "--socket", brokerSocket, "--state",
            path + "/state",
        ]
    }

    /// What a request to it is compared with.
    var echo: [String] { [Self.program("segmentbench-baselines"), "echo", echoSocket] }

    /// What its start is compared with: as many segments, of these sizes in turn, in bytes.
    func segments(_ count: Int, sizes: [UInt64]) -> [String] {
        [Self.program("segmentbench-baselines"), "segments", "\(count)"] + sizes.map { "\($0)" }
    }

    /// One that was built beside this one.
    static func program(_ name: String) -> String {
        let path = CommandLine.arguments[0]
        return path[..<(path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex)] + name
    }
}
