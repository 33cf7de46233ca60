import PrintableText
import SegmentModel
import SystemPackage

extension ConfigurationProblem {
    /// The most problems that are reported; the rest are counted.
    private static let mostTold = 100
    /// The longest text of a problem, in bytes of UTF-8, so that a hundred problems fit in any message.
    private static let longestText = 400

    /// Returns the problems as reported: in order, printable, and small enough for any reply.
    static func told(_ problems: [ConfigurationProblem], of directory: String) -> [ConfigurationProblem] {
        // To write a path as text takes long, and there may be thousands of problems.
        let ordered = problems.map { (file: $0.file.string, line: $0.line ?? 0, problem: $0) }
            .sorted { ($0.file, $0.line) < ($1.file, $1.line) }
        var told = ordered.prefix(mostTold).map(\.problem.shown)
        if ordered.count > mostTold {
            told.append(
                ConfigurationProblem(
                    file: directory,
                    message: "\(ordered.count - mostTold) more problems",
                    remedy: "correct these first"
                )
            )
        }
        return told
    }

    /// The problem with every text printable and shortened.
    var shown: ConfigurationProblem {
        ConfigurationProblem(
            file: Self.shortened(file.string),
            line: line,
            key: key.map(Self.shortened),
            message: Self.shortened(message),
            remedy: remedy.map(Self.shortened)
        )
    }

    /// Shortens a text in the middle, where user input is quoted, keeping its beginning and end.
    private static func shortened(_ text: String) -> String {
        guard text.utf8.count > longestText else { return text.printable }
        let scalars = Array(text.unicodeScalars)
        let (first, last) = (length(scalars, longestText / 2), length(scalars.reversed(), longestText / 2))
        var shown = String.UnicodeScalarView(scalars.prefix(first))
        shown.append("…")
        shown.append(contentsOf: scalars.suffix(last))
        return String(shown).printable
    }

    /// Returns how many of the first scalars fit in `bytes` bytes.
    private static func length(_ scalars: some Sequence<Unicode.Scalar>, _ bytes: Int) -> Int {
        var (count, length) = (0, 0)
        for scalar in scalars {
            length += UTF8.width(scalar)
            guard length <= bytes else { break }
            count += 1
        }
        return count
    }
}
