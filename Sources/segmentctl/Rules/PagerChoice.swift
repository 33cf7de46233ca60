/// What shows long output, as systemd's tools decide it.
enum PagerChoice: Equatable {
    /// Nothing: the output goes to the terminal itself.
    case none
    /// less(1); in its secure mode it opens no file and starts no program, so that sudo(8) gives nobody a shell.
    case less(isSecure: Bool)
    /// A command for the shell.
    case command(String)

    /// Only `$SEGMENTCTL_PAGERSECURE` set to no lets another pager than less(1) run, or less(1) do everything.
    ///
    /// Where it is unset another pager is passed over; where it is set to yes there is none then.
    init(isTerminal: Bool, isWanted: Bool, _ variable: (String) -> String?) {
        guard isTerminal, isWanted, let terminal = variable("TERM"), !["", "dumb"].contains(terminal) else {
            self = .none
            return
        }
        let pager = variable("SEGMENTCTL_PAGER") ?? variable("PAGER")
        let words = pager?.split { $0 == " " || $0 == "\t" || $0 == "\n" }
        if let words, words.isEmpty || words == ["cat"] {
            self = .none
            return
        }
        let word = variable("SEGMENTCTL_PAGERSECURE")
        guard let word, Self.no.contains(word.lowercased()) else {
            let isLess = words?.first.map { $0 == "less" || $0.hasSuffix("/less") } ?? true
            self = word != nil && !isLess ? .none : .less(isSecure: true)
            return
        }
        self = pager.map { .command($0) } ?? .less(isSecure: false)
    }

    /// As systemd reads booleans; whatever is no word of these is a yes.
    private static let no = ["0", "no", "n", "false", "f", "off"]
}
