/// What argument-parser's completion scripts lack.
enum Completion {
    /// In the script for zsh, options whose value may stand behind `=` as well: `'--json[…]:…'` is `'--json=[…]:…'`.
    ///
    /// Every other text stays as it is; see `_arguments` of zshcompsys(1).
    static func amended(_ text: String) -> String {
        guard text.hasPrefix("#compdef ") else { return text }
        return text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { line in
                let spec = line.drop { $0 == " " }
                guard spec.hasPrefix("'--"), spec.contains("]:"), let bracket = line.firstIndex(of: "[")
                else {
                    return String(line)
                }
                return line[..<bracket] + "=" + line[bracket...]
            }
            .joined(separator: "\n")
    }
}
