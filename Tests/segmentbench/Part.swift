import ArgumentParser
import SegmentTestSupport
import SystemPackage
import Varlink

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

/// What every part has.
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
