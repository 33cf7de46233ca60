import ArgumentParser
import CLinux
import Glibc

/// A value passed in memory from one process to another, compared with a pipe.
struct LatestValues: Part {
    static let configuration = CommandConfiguration(
        commandName: "latest",
        abstract: "Values of 64 bytes published, read and handed over, beside a pipe.",
        discussion: "To be run on two CPUs."
    )

    @Option(help: "Hand-overs; a hundred times as many publications and reads.")
    var count = 50_000

    @OptionGroup var output: OutputOptions

    func rows() throws -> [Row] {
        try WorkingDirectory.with { directory in
            try directory.declare(2, sizes: [8192])
            return try RunningProgram.with(directory.broker, in: directory) { _ in
                [
                    try handOver(directory)
                ] + (try Pinned.row { try handOver(directory, pinned: $0) }) + [
                    try rate("publish", "Publish, while another reads", "write(2) to a pipe", directory) {
                        ($0.publish, $1.write)
                    },
                    try rate("read", "Read, while another publishes", "read(2) of a pipe", directory) {
                        ($0.read, $1.read)
                    },
                    try FanOut(readers: 4, count: count / 10).row(directory),
                    try FanOut(readers: 16, count: count / 20).row(directory),
                ]
            }
        }
    }

    /// Half the time of a round trip.
    private func handOver(_ directory: WorkingDirectory, pinned: Pinned? = nil) throws -> Row {
        var values = Samples(), messages = Samples()
        // Child processes inherit it.
        try pinned?.useOther()
        let memory = try MemoryExchange(.answer, in: directory) { try pinned?.useOwn() }
        try pinned?.useOther()
        let pipes = try PipeExchange("relay")
        try pinned?.useOwn()
        try interleave(
            rounds: LatestValues.rounds,
            [
                { records in
                    for _ in 0..<count / LatestValues.rounds {
                        let start = Instant.now
                        try memory.handOver()
                        if records { values.record(nanoseconds: (Instant.now - start) / 2) }
                    }
                },
                { records in
                    for _ in 0..<count / LatestValues.rounds {
                        let start = Instant.now
                        try pipes.handOver()
                        if records { messages.record(nanoseconds: (Instant.now - start) / 2) }
                    }
                },
            ]
        )
        return Row(
            name: pinned == nil ? "handOver" : "handOverPinned",
            title: "Hand over to a process that waits\(pinned == nil ? "" : ", each with a CPU of its own")",
            size: ("bytes", 64),
            baseline: "a pipe",
            figures: .percentiles(values, baseline: messages, p50: pinned.map { _ in .atMost(0.3) })
        )
    }

    /// The number of turns in which a figure alternates with its baseline.
    private static let rounds = 20

    /// Measures how often per second one side does its work while the other does its own.
    private func rate(
        _ name: String,
        _ title: String,
        _ baseline: String,
        _ directory: WorkingDirectory,
        _ work: (MemoryExchange, PipeExchange) -> (() throws -> Void, () throws -> Void)
    ) throws -> Row {
        let isPublish = name == "publish"
        let memory = try MemoryExchange(isPublish ? .read : .publish, in: directory)
        let pipes = try PipeExchange(isPublish ? "take" : "give")
        let (value, message) = work(memory, pipes)
        var values = Samples(), messages = Samples()
        // A pipe is far slower.
        let many = count * 100 / LatestValues.rounds, few = max(1, many / 50)
        try interleave(
            rounds: LatestValues.rounds,
            [
                { records in
                    let start = Instant.now
                    for _ in 0..<many { try value() }
                    if records { values.record(nanoseconds: (Instant.now - start)) }
                },
                { records in
                    let start = Instant.now
                    for _ in 0..<few { try message() }
                    if records { messages.record(nanoseconds: (Instant.now - start)) }
                },
            ]
        )
        return Row(
            name: name,
            title: title,
            size: ("bytes", 64),
            baseline: baseline,
            figures: [
                Figure(
                    .timesPerSecond,
                    Double(many) * 1e6 / values.microseconds(50),
                    baseline: Double(few) * 1e6 / messages.microseconds(50)
                )
            ]
        )
    }
}

extension Quantity {
    static let timesPerSecond = Quantity(name: "timesPerSecond", heading: "times/s", digits: 0)
}

/// Two processors, one for this process and one for another.
struct Pinned {
    private let own: UInt64
    private let other: UInt64

    /// Returns a row, or none, since two processors are needed.
    static func row(_ body: (Pinned) throws -> Row) throws -> [Row] {
        let all = clinux_processors()
        guard all.nonzeroBitCount > 1 else { return [] }
        let own = all & ~(all - 1)
        let rest = all & ~own
        defer { _ = clinux_use_processors(all) }
        return [try body(Pinned(own: own, other: rest & ~(rest - 1)))]
    }

    func useOwn() throws { try use(own) }

    func useOther() throws { try use(other) }

    private func use(_ mask: UInt64) throws {
        guard clinux_use_processors(mask) == 0 else {
            throw BenchmarkError.call("sched_setaffinity", errno: errno)
        }
    }
}
