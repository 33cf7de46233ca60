import PrintableText
import SegmentModel
import SystemPackage

extension ConfigurationProblem {
    /// How many problems are told; the rest is counted.
    private static let mostTold = 100
    /// Of each text of a problem, in bytes of UTF-8, so that a hundred fit in any message.
    private static let longestText = 400

    /// What leaves the daemon of these problems: in order, printable, and never more than fits in a reply.
    static func told(_ problems: [ConfigurationProblem], of directory: String) -> [ConfigurationProblem] {
        let ordered = problems.sorted { ($0.file.string, $0.line ?? 0) < ($1.file.string, $1.line ?? 0) }
        var told = ordered.prefix(mostTold).map(\.shown)
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

    /// As it may be shown to anybody.
    var shown: ConfigurationProblem {
        ConfigurationProblem(
            file: Self.shortened(file.string),
            line: line,
            key: key.map(Self.shortened),
            message: Self.shortened(message),
            remedy: remedy.map(Self.shortened)
        )
    }

    /// What is quoted stands between its beginning and its end, which are kept.
    private static func shortened(_ text: String) -> String {
        guard text.utf8.count > longestText else { return text.printable }
        let scalars = Array(text.unicodeScalars)
        let (first, last) = (length(scalars, longestText / 2), length(scalars.reversed(), longestText / 2))
        var shown = String.UnicodeScalarView(scalars.prefix(first))
        shown.append("…")
        shown.append(contentsOf: scalars.suffix(last))
        return String(shown).printable
    }

    /// How many scalars from the beginning fit in so many bytes.
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
