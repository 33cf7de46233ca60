import SegmentModel
import Varlink

/// The results of one part of the benchmark.
struct Report {
    /// The subcommand.
    let part: String
    /// The number of processors that the programs could use.
    let processors: Int
    let rows: [Row]
}

extension Report: JSONEncodable {
    func encode(to writer: JSONWriter) {
        writer.beginObject()
        writer.member("part", part)
        writer.member("version", Product.version)
        writer.member("processors", processors)
        writer.member("rows", rows)
        writer.endObject()
    }
}

extension Report {
    /// The report for people: a table for each run of rows with the same quantities.
    var text: String {
        let heading = "\(part), on \(processors) CPU\(processors == 1 ? "" : "s")"
        return ([heading] + tables.map(Self.table)).joined(separator: "\n\n")
    }

    private var tables: [[Row]] {
        rows.reduce(into: []) { tables, row in
            if tables.last?.last?.quantities == row.quantities {
                tables[tables.count - 1].append(row)
            } else {
                tables.append([row])
            }
        }
    }

    private static func table(_ rows: [Row]) -> String {
        let headings = [""] + (rows.first?.quantities.map(\.heading) ?? [])
        let lines = [headings] + rows.flatMap(lines)
        let widths = headings.indices.map { column in
            lines.map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0
        }
        return lines.map { cells in
            var line = ""
            for (column, cell) in cells.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                line += column == 0 ? cell + padding : "  " + padding + cell
            }
            while line.last == " " { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }

    /// Returns the lines of a row: the figures, their baselines, ratios and goals.
    private static func lines(_ row: Row) -> [[String]] {
        let goal = ["  goal"] + row.figures.map(goal)
        return [
            ["\(row.title), \(row.size.name): \(row.size.value)"],
            ["  segmentd"] + row.figures.map { decimal($0.measured, digits: $0.quantity.digits) },
            ["  \(row.baseline)"] + row.figures.map { decimal($0.baseline, digits: $0.quantity.digits) },
            ["  ratio"] + row.figures.map { $0.ratio.map { decimal($0, digits: 2) } ?? "-" },
        ] + (row.figures.contains { $0.goal != nil } ? [goal] : [])
    }

    private static func goal(_ figure: Figure) -> String {
        let limit: String
        switch figure.goal {
        case nil: return ""
        case .atMost(let value): limit = "≤ " + decimal(value, digits: figure.quantity.digits)
        case .ratioAtMost(let value): limit = "≤ \(decimal(value, digits: 1)) ×"
        case .ratioAtLeast(let value): limit = "≥ \(decimal(value, digits: 1)) ×"
        }
        return limit + (figure.meetsGoal == true ? " met" : " MISSED")
    }

    /// Formats a number with `digits` decimals.
    private static func decimal(_ value: Double, digits: Int) -> String {
        let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
        let scaled = Int((value.magnitude * scale).rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard digits > 0 else { return sign + String(scaled) }
        let fraction = String(scaled % Int(scale))
        return sign + "\(scaled / Int(scale))." + String(repeating: "0", count: digits - fraction.count)
            + fraction
    }
}
