/// On which lines the keys of a TOML text stand, as far as a plain look at the lines can tell.
struct KeyLines {
    private var lines: [String: Int] = [:]

    init(_ text: String) {
        // Lines inside a string of several lines look like keys; then no line is better than a wrong one.
        guard !text.contains("\"\"\""), !text.contains("'''") else { return }
        var table = ""
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = line.drop { $0 == " " || $0 == "\t" }
            if line.hasPrefix("["), let end = line.firstIndex(of: "]") {
                table = String(line[line.index(after: line.startIndex)..<end])
                if lines[table] == nil { lines[table] = index + 1 }
            } else if let equals = line.firstIndex(of: "="), !line.hasPrefix("#") {
                let name = line[..<equals].filter { $0 != " " && $0 != "\t" && $0 != "\"" }
                let key = table.isEmpty ? name : "\(table).\(name)"
                if lines[key] == nil { lines[key] = index + 1 }
            }
        }
    }

    /// Counted from 1.
    subscript(key: String) -> Int? { lines[key] }
}
