import ArgumentParser
import SegmentClient

/// What every verb understands, before or after its name.
struct GlobalOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Ask the daemon that listens here.", valueName: "path"), completion: .file())
    var socket: String?

    @Option(help: "Print JSON: pretty, short, or off.")
    var json = JSONForm.off

    @Flag(name: .customLong("no-legend"), help: "Leave out headings and totals.")
    var noLegend = false

    @Flag(name: .shortAndLong, help: "Print no notices.")
    var quiet = false

    func client() throws(SegmentClientError) -> SegmentClient { try SegmentClient(socket: socket) }

    /// Something to know beside the answer itself.
    func notice(_ text: String) {
        if !quiet { Output.complain("segmentctl: \(text)") }
    }
}

enum JSONForm: String, ExpressibleByArgument, CaseIterable {
    case pretty, short, off
}
