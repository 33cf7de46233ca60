import Glibc
import SegmentTestSupport

/// A new directory for one run, removed when the scope is left; in memory, as `/run` is.
struct WorkingDirectory {
    let path: String

    var brokerSocket: String { path + "/socket" }
    var echoSocket: String { path + "/echo" }
    var notifySocket: String { path + "/notify" }
    var log: String { path + "/log" }
    /// The end of what the programs wrote.
    var lastWords: String { (try? Programs.run("tail -c 1000 '\(log)'").output) ?? "" }

    static func with<Result>(_ body: (WorkingDirectory) throws -> Result) throws -> Result {
        let path = try DaemonFixture.makeDirectory("/dev/shm/segmentbench")
        defer { DaemonFixture.remove(path) }
        return try body(WorkingDirectory(path: path))
    }

    /// Declares the segments `segment-0`, `segment-1` and so on, of these sizes in turn, in bytes.
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

    /// Puts a program that was built beside this one where every user may run it; returns its path.
    func copyForAll(_ name: String) throws -> String {
        let copy = "\(path)/\(name)"
        guard system("install -m 755 '\(Programs.path(name))' '\(copy)'") == 0 else {
            throw BenchmarkError.refused("\(name) cannot be copied")
        }
        return copy
    }

    /// The program whose service is measured.
    var broker: [String] { DaemonFixture.command(in: path) }

    /// What a request to it is compared with.
    var echo: [String] { Self.baselines + ["echo", echoSocket] }

    /// What its start is compared with: as many segments, of these sizes in turn, in bytes.
    func segments(_ count: Int, sizes: [UInt64]) -> [String] {
        Self.baselines + ["segments", "\(count)"] + sizes.map { "\($0)" }
    }

    static let baselines = [Programs.path("segmentbench-baselines")]
}
