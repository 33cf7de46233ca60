import ArgumentParser
import Glibc
import Segments
import SegmentExchange
import SegmentTestSupport
import SystemPackage

/// Copies one file in memory to another, by a stream through a segment and by every other means of Linux.
struct Transfer: Part {
    static let configuration = CommandConfiguration(
        abstract: "A file to another process, beside pipe, FIFO, message queue, socket, splice, plain ring.",
        discussion: "To be run on two CPUs, with twice the file's size of free memory in /dev/shm."
    )

    @Option(help: "The file's size, in MiB.")
    var size = 1024

    @Option(help: "Transfers by each way.")
    var count = 7

    @OptionGroup var output: OutputOptions

    func rows() throws -> [Row] {
        try WorkingDirectory.with { directory in
            // A segment that fits in the caches; larger ones are slower.
            try directory.declare(1, sizes: [2 << 20])
            let files = try TransferFiles(in: directory, mebibytes: size)
            return try RunningProgram.with(directory.broker, in: directory) { _ in
                var stream = Samples()
                var others = Way.all.map { _ in Samples() }
                let bodies: [(Bool) throws -> Void] =
                    [
                        { records in
                            let time = try StreamTransfer.run(files, in: directory)
                            if records { stream.record(nanoseconds: time) }
                        }
                    ]
                    + Way.all.indices.map { index in
                        { records in
                            let time = try BaselineTransfer.run(Way.all[index].name, files)
                            if records { others[index].record(nanoseconds: time) }
                        }
                    }
                try interleave(rounds: count, bodies)
                try files.expectEqual()
                return zip(Way.all, others).map { way, other in
                    Row(
                        name: "transferBeside" + way.name.capitalized,
                        title: "One file to another, beside \(way.title)",
                        size: ("mebibytes", size),
                        baseline: way.title,
                        figures: [figure(stream, other, way.goal)]
                    )
                }
            }
        }
    }

    private func figure(_ measured: Samples, _ baseline: Samples, _ goal: Double) -> Figure {
        func rate(_ samples: Samples) -> Double {
            Double(size) * 1_048_576 / (samples.microseconds(50) * 1000)
        }
        return Figure(.throughput, rate(measured), baseline: rate(baseline), goal: .ratioAtLeast(goal))
    }

    /// Another means of transfer, and the goal for segmentd's rate relative to it.
    private struct Way {
        let name: String
        let title: String
        let goal: Double

        static let all = [
            Way(name: "pipe", title: "pipe", goal: 6),
            Way(name: "fifo", title: "FIFO", goal: 6),
            Way(name: "queue", title: "message queue", goal: 8),
            Way(name: "socket", title: "Unix socket", goal: 1.5),
            Way(name: "splice", title: "splice, 1 MiB pipe", goal: 1.3),
            Way(name: "copy", title: "one process alone", goal: 1),
            // The machine's limit for any ring: if this goal is met and others are not, its memory is slow.
            Way(name: "ring", title: "plain ring in C", goal: 0.9),
        ]
    }
}

extension Quantity {
    static let throughput = Quantity(name: "gigabytesPerSecond", heading: "GB/s, median", digits: 2)
}

/// Transfers a file by one of the means of `segmentbench-baselines transfer`.
enum BaselineTransfer {
    /// Returns the time measured by the program, in ns.
    static func run(_ way: String, _ files: TransferFiles) throws -> UInt64 {
        try BaselineTime.run(["transfer", way, files.source, files.target])
    }
}

/// Runs `segmentbench-baselines` and reads the time it prints.
enum BaselineTime {
    /// Returns a time in ns.
    static func run(_ arguments: [String]) throws -> UInt64 {
        guard let conversation = Conversation() else { throw BenchmarkError.call("pipe", errno: errno) }
        let program = try ChildProcess(WorkingDirectory.baselines + arguments, conversation: conversation)
        guard let time = conversation.answer().flatMap({ UInt64($0) }), program.wait() == 0 else {
            throw BenchmarkError.noReply(from: arguments.joined(separator: " "))
        }
        return time
    }
}

/// Transfers a file through a stream, to `segmentctl receive`.
enum StreamTransfer {
    /// Returns the time from when both sides are ready to when everything has arrived, in ns.
    static func run(_ files: TransferFiles, in directory: WorkingDirectory) throws -> UInt64 {
        // Overwrite the existing file.
        let target = try FileDescriptor.open(FilePath(files.target), .writeOnly)
        defer { try? target.close() }
        let receiver = try ChildProcess(
            [Programs.path("segmentctl"), "--socket", directory.brokerSocket, "receive", "segment-0"],
            output: target.rawValue
        )
        let source = try FileDescriptor.open(FilePath(files.source), .readOnly)
        defer { try? source.close() }
        let client = try SegmentClient(socket: FilePath(directory.brokerSocket))
        var writer = try SegmentStreamWriter.open(try client.attach("segment-0"), timeout: .seconds(10))
        let start = Instant.now
        _ = try writer.copy(from: source)
        try writer.finish()
        let time = Instant.now - start
        guard receiver.wait() == 0 else { throw BenchmarkError.refused("segmentctl receive failed") }
        return time
    }
}

/// The source and target files, in memory with all pages present, so that none is allocated during the
/// measurement.
struct TransferFiles {
    let source: String
    let target: String

    init(in directory: WorkingDirectory, mebibytes: Int) throws {
        source = directory.path + "/source"
        target = directory.path + "/target"
        guard
            system("head -c \(mebibytes)M /dev/urandom > '\(source)' && cp '\(source)' '\(target)'") == 0
        else { throw BenchmarkError.call("write", errno: ENOSPC) }
    }

    /// Expects the last transfer to equal the source.
    func expectEqual() throws {
        guard system("cmp '\(source)' '\(target)'") == 0 else {
            throw BenchmarkError.refused("the file that arrived is another")
        }
    }
}
