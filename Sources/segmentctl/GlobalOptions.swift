public import ArgumentParser
public import Segments
import SystemPackage

/// What every verb understands, before or after its name.
struct GlobalOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Ask the daemon that listens here.", valueName: "path"), completion: .file())
    var socket: String?

    @Option(help: ArgumentHelp("Believe a daemon of this user, too.", valueName: "uid"))
    var trust: UInt32?

    @Option(name: .customLong("json"), help: "Print JSON: pretty, short, or off.")
    var form: JSONForm?

    @Flag(
        name: .customShort("j"),
        help: "Print JSON, where --json is not given: pretty on a terminal, and else short."
    )
    var isJSON = false

    @Flag(name: .customLong("no-legend"), help: "Leave out headings and totals.")
    var noLegend = false

    @Flag(name: .customLong("no-pager"), help: "Show long output without a pager.")
    var noPager = false

    @Option(
        help: ArgumentHelp("List only segments in these states, with commas between.", valueName: "state"),
        completion: .list(StateFilter.words),
        transform: StateFilter.init
    )
    var state: StateFilter?

    @Flag(name: .shortAndLong, help: "Print no notices.")
    var quiet = false

    func validate() throws {
        guard socket?.isEmpty != true else { throw ValidationError("--socket must not be empty") }
    }

    /// A form that is given goes before `-j`.
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

    /// Something to know beside the answer itself.
    func notice(_ text: String) {
        if !quiet { Output.complain("segmentctl: \(text)") }
    }
}

enum JSONForm: String, ExpressibleByArgument, CaseIterable {
    case pretty, short, off
}

/// The states that are to be listed.
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
    /// Any text: what is no name is answered like a name that no segment has.
    public init?(argument: String) { self.init(unchecked: argument) }
}

/// A broker in another IPC namespace, from a container say: its keys and identifiers mean nothing here.
extension SegmentClient {
    /// Throws `ipcNamespaceMismatch`, as attaching does, before anything is asked for.
    func requireOwnNamespace() throws(SegmentClientError) {
        try Self.requireOwnNamespace(try daemonStatus().ipcNamespace)
    }
}

extension GlobalOptions {
    /// For verbs whose answer is to be used in this process's IPC namespace.
    func clientOfOwnNamespace() throws(SegmentClientError) -> SegmentClient {
        let client = try client()
        try client.requireOwnNamespace()
        return client
    }

    /// For verbs that show what the broker has, wherever it is.
    func noticeOtherNamespace(_ client: SegmentClient) {
        guard !quiet else { return }
        do throws(SegmentClientError) {
            try client.requireOwnNamespace()
        } catch {
            if error.code == .ipcNamespaceMismatch { notice("\(error)") }
        }
    }
}
