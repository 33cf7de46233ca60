import Glibc
import SegmentTestSupport

/// A directory for one run, removed at the end of the scope; in memory, like `/run`.
struct WorkingDirectory {
    let path: String

    var brokerSocket: String { path + "/socket" }
    var echoSocket: String { path + "/echo" }
    var notifySocket: String { path + "/notify" }
    var log: String { path + "/log" }
    /// The end of the programs' output.
    var lastWords: String { (try? Programs.run("tail -c 1000 '\(log)'").output) ?? "" }

    static func with<Result>(_ body: (WorkingDirectory) throws -> Result) throws -> Result {
        let path = try DaemonFixture.makeDirectory("/dev/shm/segmentbench")
        defer { DaemonFixture.remove(path) }
        return try body(WorkingDirectory(path: path))
    }

    /// Declares the segments `segment-0`, `segment-1` and so on, with these sizes in turn, in bytes.
    func declare(_ count: Int, sizes: [UInt64]) throws {
        for number in 0..<count {
            try declare("segment-\(number)", "size = \(sizes[number % sizes.count])")
        }
    }

    /// Declares a segment that every user may write.
    func declareForAll(_ name: String) throws { try declare(name, "size = 4096\nmode = \"0666\"") }

    private func declare(_ name: String, _ text: String) throws {
        try DaemonFixture.write(
            "\(text)\nkeep = \"until-stop\"\n",
            to: "\(path)/config/segments.d/\(name).toml"
        )
    }

    /// Copies a program built beside this one to where every user may run it, and returns its path.
    func copyForAll(_ name: String) throws -> String {
        let copy = "\(path)/\(name)"
        guard system("install -m 755 '\(Programs.path(name))' '\(copy)'") == 0 else {
            throw BenchmarkError.refused("\(name) cannot be copied")
        }
        return copy
    }

    /// The command line of the program being measured.
    var broker: [String] { DaemonFixture.command(in: path) }

    /// The command line of the echo server that requests are compared with.
    var echo: [String] { Self.baselines + ["echo", echoSocket] }

    /// Returns the command line that a start is compared with: it creates as many segments, with these sizes
    /// in turn.
    func segments(_ count: Int, sizes: [UInt64]) -> [String] {
        Self.baselines + ["segments", "\(count)"] + sizes.map { "\($0)" }
    }

    static let baselines = [Programs.path("segmentbench-baselines")]
}
