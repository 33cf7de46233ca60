import PrintableText

/// A table with columns as wide as their widest cell.
struct Table {
    struct Column {
        var heading: String
        var isNumber = false
    }

    var columns: [Column]
    var rows: [[String]] = []

    /// Returns one line per row, with numbers aligned to the right.
    func lines(legend: Bool) -> [Line] {
        // Measure the text as it will be shown.
        let lines = (legend ? [columns.map(\.heading)] : []) + rows.map { $0.map(\.printable) }
        let widths = columns.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { cells in
            var line = ""
            for (index, cell) in cells.enumerated() {
                let padding = String(repeating: " ", count: widths[index] - cell.count)
                line += (index == 0 ? "" : " ") + (columns[index].isNumber ? padding + cell : cell + padding)
            }
            while line.last == " " { line.removeLast() }
            return Line(line)
        }
    }
}

/// A line of output with colors; its text may come from anyone.
///
/// Text is made printable when the line is written, so callers need not do it.
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

    /// The line made safe for a terminal, without its line feed.
    var printable: String {
        pieces.map { text, color in
            color.map { "\u{1b}[\($0.rawValue)m\(text.printable)\u{1b}[0m" } ?? text.printable
        }.joined()
    }
}
