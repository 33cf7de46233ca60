import PrintableText

/// Columns of text, as wide as their widest cell.
struct Table {
    struct Column {
        var heading: String
        var isNumber = false
    }

    var columns: [Column]
    var rows: [[String]] = []

    /// One line a row; numbers stand to the right.
    func lines(legend: Bool) -> [Line] {
        // As wide as it is shown.
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
