import ArgumentParser
import Glibc
import SegmentTestSupport
import Synchronization
import SystemPackage
import Varlink

/// Measures segmentd, each figure with its baseline: the same task done by the simplest means, in the same
/// run.
///
/// A part is a subcommand that returns rows. The caller chooses the environment: `taskset -c 0` for one CPU,
/// the only quiet way to compare request times on a machine with other work, and `unshare --ipc` for an IPC
/// namespace without other segments; `make bench` does both.
@main
struct Segmentbench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "segmentbench",
        abstract: "Measures segmentd, each figure with its baseline in the same run.",
        subcommands: [
            Requests.self, Neighbours.self, Starts.self, Transfer.self, LatestValues.self, LatestPeer.self,
        ]
    )
}

/// A part of the benchmark: a subcommand that measures and returns what it found.
protocol Part: ParsableCommand {
    var output: OutputOptions { get }

    func rows() throws -> [Row]
}

extension Part {
    func run() throws {
        Interruption.catchSignals()
        let report = Report(
            part: Self._commandName,
            processors: ProcessStatus.allowedProcessors,
            rows: try rows()
        )
        try output.print(report)
    }
}

/// The options of every part.
struct OutputOptions: ParsableArguments {
    @Flag(help: "One JSON document to standard output; the table goes to standard error.")
    var json = false

    func print(_ report: Report) throws {
        let table: FileDescriptor = json ? .standardError : .standardOutput
        try table.writeAll((report.text + "\n\n").utf8)
        guard json else { return }
        let writer = JSONWriter()
        writer.value(report)
        try FileDescriptor.standardOutput.writeAll(writer.bytes + [UInt8(ascii: "\n")])
    }
}

/// The reason nothing could be measured.
enum BenchmarkError: Error, CustomStringConvertible {
    case call(String, errno: Int32)
    /// A started program has not sent READY=1; `log` is the end of its output.
    case notReady(String, log: String)
    /// The error received instead of a reply.
    case refused(String)
    case noReply(from: String)
    /// Interrupted by a signal.
    case interrupted

    var description: String {
        switch self {
        case .call(let call, let errno): "\(call): \(String(cString: strerror(errno)))"
        case .notReady(let program, let log): "\(program) did not become ready: \(log)"
        case .refused(let reply): "the reply is an error: \(reply)"
        case .noReply(let path): "no reply from \(path)"
        case .interrupted: "interrupted"
        }
    }
}

/// SIGINT, SIGTERM and SIGHUP: they end a measurement like an error, so that started programs end with it.
enum Interruption {
    private static let isRequested = Atomic(false)

    /// From now on, a signal makes the next `check` throw, and interrupts waits with EINTR.
    static func catchSignals() {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { _ in Interruption.isRequested.store(true, ordering: .relaxed) }
        }
    }

    static func check() throws {
        if isRequested.load(ordering: .relaxed) { throw BenchmarkError.interrupted }
    }
}
