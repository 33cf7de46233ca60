/// The pager for long output, chosen as systemd's tools do.
enum PagerChoice: Equatable {
    /// No pager: the output goes directly to the terminal.
    case none
    /// less(1); in its secure mode it opens no files and starts no programs, so that sudo(8) gives nobody a
    /// shell.
    case less(isSecure: Bool)
    /// A command for the shell.
    case command(String)

    /// Another pager than less(1), or less(1) without its secure mode, is used only if
    /// `$SEGMENTCTL_PAGERSECURE` is set to no.
    ///
    /// If it is unset, another pager is replaced by less(1); if it is set to yes, none is used then.
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

    /// The words that systemd reads as false; any other means true.
    private static let no = ["0", "no", "n", "false", "f", "off"]
}
