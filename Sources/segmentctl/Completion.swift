import ArgumentParser
import Segments
import SystemPackage

/// Fixes for argument-parser's completion scripts.
enum Completion {
    /// Makes options in the script for zsh accept their value behind `=` as well: `'--json[…]:…'` becomes
    /// `'--json=[…]:…'`.
    ///
    /// Other texts are returned unchanged; see `_arguments` of zshcompsys(1).
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

/// Completes names of segments in a shell.
enum SegmentNames {
    /// The longest wait acceptable in a shell.
    private static let timeout = Duration.milliseconds(300)

    /// Completes nothing, silently, if there is no daemon or it does not answer in time.
    static let completion = CompletionKind.custom { words, index, _ in
        let before = words.prefix(index)
        // Words after `--` are the command of `run`.
        guard !before.contains("--"),
            let client = try? SegmentClient(socket: socket(in: before), timeout: timeout),
            let segments = try? client.segments()
        else { return [] }
        return segments.map(\.name.string)
    }

    /// The value of `--socket` on the command line.
    private static func socket(in words: ArraySlice<String>) -> FilePath? {
        if let option = words.lastIndex(of: "--socket") {
            return words[(option + 1)...].first.map { FilePath($0) }
        }
        return words.last { $0.hasPrefix("--socket=") }.map {
            FilePath(String($0.dropFirst("--socket=".count)))
        }
    }
}
