public import ArgumentParser
public import Segments
import SystemPackage

/// The options that every verb accepts, before or after its name.
struct GlobalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Use the daemon that listens on this socket.", valueName: "path"),
        completion: .file()
    )
    var socket: String?

    @Option(help: ArgumentHelp("Also trust a daemon of this user.", valueName: "uid"))
    var trust: UInt32?

    @Option(name: .customLong("json"), help: "Print JSON: pretty, short, or off.")
    var form: JSONForm?

    @Flag(
        name: .customShort("j"),
        help: "Print JSON if --json is not given: pretty on a terminal, short otherwise."
    )
    var isJSON = false

    @Flag(name: .customLong("no-legend"), help: "Leave out headings and totals.")
    var noLegend = false

    @Flag(name: .customLong("no-pager"), help: "Show long output without a pager.")
    var noPager = false

    @Option(
        help: ArgumentHelp("List only segments in these states, separated by commas.", valueName: "state"),
        completion: .list(StateFilter.words),
        transform: StateFilter.init
    )
    var state: StateFilter?

    @Flag(name: .shortAndLong, help: "Print no notices.")
    var quiet = false

    func validate() throws {
        guard socket?.isEmpty != true else { throw ValidationError("--socket must not be empty") }
    }

    /// `--json` takes precedence over `-j`.
    var json: JSONForm { form ?? (isJSON ? (Terminal.isOutput ? .pretty : .short) : .off) }

    func client() throws(SegmentClientError) -> SegmentClient {
        try SegmentClient(socket: socket.map { FilePath($0) }, trustedUserID: trust)
    }

    func page(_ lines: [Line]) throws {
        try Output.page(
            lines,
            PagerChoice(isTerminal: Terminal.isOutput, isWanted: !noPager, Pager.variable)
        )
    }

    /// Prints a notice in addition to the output.
    func notice(_ text: String) {
        if !quiet { Output.complain("segmentctl: \(text)") }
    }
}

enum JSONForm: String, ExpressibleByArgument, CaseIterable {
    case pretty, short, off
}

/// The states to list.
struct StateFilter {
    let states: Set<SegmentState>

    init(_ argument: String) throws {
        let words = argument.split(separator: ",", omittingEmptySubsequences: false)
        states = Set(
            try words.map { word in
                guard let state = SegmentState.known.first(where: { $0.rawValue == word }) else {
                    let all = Self.words.dropLast().joined(separator: ", ")
                    throw ValidationError(
                        "There is no state \"\(word)\": a segment is \(all) or \(Self.words.last ?? "")."
                    )
                }
                return state
            }
        )
    }

    static var words: [String] { SegmentState.known.map(\.rawValue) }
}

extension SegmentName: ExpressibleByArgument {
    /// Accepts any text: one that is not a valid name is treated like the name of a missing segment.
    public init?(argument: String) { self.init(unchecked: argument) }
}

/// Checks for a broker in another IPC namespace, such as a container's: its keys and identifiers mean nothing
/// here.
extension SegmentClient {
    /// Throws `ipcNamespaceMismatch` as attaching does, before anything else is requested.
    func requireOwnNamespace() throws(SegmentClientError) {
        try Self.requireOwnNamespace(try daemonStatus().ipcNamespace)
    }
}

extension GlobalOptions {
    /// Returns a client for verbs whose result is used in this process's IPC namespace.
    func clientOfOwnNamespace() throws(SegmentClientError) -> SegmentClient {
        let client = try client()
        try client.requireOwnNamespace()
        return client
    }

    /// Prints a notice for verbs that only show segments, if the broker is in another namespace.
    func noticeOtherNamespace(_ client: SegmentClient) {
        guard !quiet else { return }
        do throws(SegmentClientError) {
            try client.requireOwnNamespace()
        } catch {
            if error.code == .ipcNamespaceMismatch { notice("\(error)") }
        }
    }
}
