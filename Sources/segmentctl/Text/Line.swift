import PrintableText

/// One line of output: text, whoever wrote it, and colours, which are ours.
///
/// Text is made printable when the line is written, so that nobody else need think of it.
struct Line {
    enum Color: String {
        case red = "31"
        case green = "32"
        case yellow = "33"
        case plain = "0"
    }

    private var pieces: [(text: String, color: Color?)]

    init(_ text: String, _ color: Color? = nil) {
        pieces = [(text, color)]
    }

    static func + (left: Line, right: Line) -> Line {
        var line = left
        line.pieces += right.pieces
        return line
    }

    static func + (left: Line, right: String) -> Line { left + Line(right) }

    /// As a terminal may get it, without the end of the line.
    var printable: String {
        pieces.map { text, color in
            color.map { "\u{1b}[\($0.rawValue)m\(text.printable)\u{1b}[0m" } ?? text.printable
        }.joined()
    }
}
