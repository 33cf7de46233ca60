import ArgumentParser
import SegmentClient

/// What every verb understands, before or after its name.
struct GlobalOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Ask the daemon that listens here.", valueName: "path"), completion: .file())
    var socket: String?

    @Option(help: ArgumentHelp("Believe a daemon of this user, too.", valueName: "uid"))
    var trust: UInt32?

    @Option(name: .customLong("json"), help: "Print JSON: pretty, short, or off.")
    var form = JSONForm.off

    @Flag(
        name: .customShort("j"),
        help: "Print JSON: pretty on a terminal, and else short."
    )
    var isJSON = false

    @Flag(name: .customLong("no-legend"), help: "Leave out headings and totals.")
    var noLegend = false

    @Flag(name: .customLong("no-pager"), help: "Show long output without a pager.")
    var noPager = false

    @Option(
        help: ArgumentHelp("List only segments in these states, with commas between.", valueName: "state"),
        completion: .list(StateFilter.allValueStrings)
    )
    var state: StateFilter?

    @Flag(name: .shortAndLong, help: "Print no notices.")
    var quiet = false

    var json: JSONForm { form == .off && isJSON ? (Terminal.isOutput ? .pretty : .short) : form }

    func client() throws(SegmentClientError) -> SegmentClient {
        try SegmentClient(socket: socket, trustedUser: trust)
    }

    func page(_ lines: [Line]) throws {
        try Output.page(
            lines,
            PagerChoice(isTerminal: Terminal.isOutput, isWanted: !noPager, Pager.variable)
        )
    }

    /// Something to know beside the answer itself.
    func notice(_ text: String) {
        if !quiet { Output.complain("segmentctl: \(text)") }
    }
}

enum JSONForm: String, ExpressibleByArgument, CaseIterable {
    case pretty, short, off
}

/// The states that are to be listed.
struct StateFilter: ExpressibleByArgument {
    let states: Set<SegmentState>

    init?(argument: String) {
        let words = argument.split(separator: ",", omittingEmptySubsequences: false)
        let states = words.compactMap { SegmentState(rawValue: String($0)) }
        guard states.count == words.count else { return nil }
        self.states = Set(states)
    }

    static var allValueStrings: [String] { SegmentState.allCases.map(\.rawValue) }
}
