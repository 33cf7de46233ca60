import SegmentModel
import TOMLKit

/// Reads the keys of one file as declared types; notes every problem and goes on.
struct TOMLReader {
    let file: String
    /// Found out when there is a problem to place.
    private lazy var lines = KeyLines(text)
    private let text: String
    private let root: TOMLTable?
    private var known: [String: [String]] = [:]
    private(set) var problems: [ConfigurationProblem] = []

    init(file: String, text: String) {
        self.file = file
        self.text = text
        if let defect = TextDefect(in: text) {
            root = nil
            problems.append(
                ConfigurationProblem(
                    file: file,
                    line: defect.line,
                    message: defect.message,
                    remedy: defect.remedy
                )
            )
            return
        }
        do {
            root = try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            root = nil
            problems.append(
                ConfigurationProblem(
                    file: file,
                    line: error.source.begin.line,
                    message: "is not TOML: \(error.description)",
                    remedy: "correct the line"
                )
            )
        } catch {
            root = nil
            problems.append(ConfigurationProblem(file: file, message: "is not TOML: \(error)"))
        }
    }

    /// Notes a problem with a key, dotted if in a table.
    mutating func note(_ key: String?, _ message: String, _ remedy: String?) {
        let line = key.flatMap { lines[$0] }
        problems.append(
            ConfigurationProblem(
                file: file,
                line: line,
                key: key,
                message: message,
                remedy: remedy
            )
        )
    }

    /// Notes a problem with the file itself.
    mutating func note(_ problem: ConfigurationProblem) { problems.append(problem) }

    /// Whether the text is TOML at all, so that what is missing is worth a word.
    var isReadable: Bool { root != nil }

    func has(_ key: String) -> Bool { node(key) != nil }

    mutating func string(_ key: String, example: String) -> String? {
        guard let node = value(key) else { return nil }
        guard let string = node.string else {
            wrongType(key, node, wanted: "a string", example: example)
            return nil
        }
        return string
    }

    mutating func strings(_ key: String, example: String) -> [String]? {
        guard let node = value(key) else { return nil }
        guard let array = node.array, array.allSatisfy({ $0.string != nil }) else {
            wrongType(key, node, wanted: "an array of strings", example: example)
            return nil
        }
        return array.compactMap(\.string)
    }

    mutating func integer(_ key: String, example: String) -> Int? {
        guard let node = value(key) else { return nil }
        guard let integer = node.int else {
            wrongType(key, node, wanted: "an integer", example: example)
            return nil
        }
        return integer
    }

    /// An integer or a string, whichever it is.
    enum Scalar {
        case integer(Int)
        case string(String)
    }

    mutating func scalar(_ key: String, wanted: String, example: String) -> Scalar? {
        guard let node = value(key) else { return nil }
        if let integer = node.int { return .integer(integer) }
        if let string = node.string { return .string(string) }
        wrongType(key, node, wanted: wanted, example: example)
        return nil
    }

    /// Declares a table, whose keys are then read as `table.key`.
    mutating func table(_ key: String, example: String) {
        guard let node = value(key), node.table == nil else { return }
        wrongType(key, node, wanted: "a table", example: example)
    }

    /// All problems, those of keys that nobody declared included.
    mutating func finish() -> [ConfigurationProblem] {
        guard let root else { return problems }
        return problems + unknownKeys(root, prefix: "")
    }

    private mutating func value(_ key: String) -> (any TOMLValueConvertible)? {
        let (table, name) = Self.split(key)
        known[table, default: []].append(name)
        return node(key)
    }

    private func node(_ key: String) -> (any TOMLValueConvertible)? {
        let (table, name) = Self.split(key)
        return table.isEmpty ? root?[name] : root?[table]?.table?[name]
    }

    private static func split(_ key: String) -> (table: String, name: String) {
        guard let dot = key.firstIndex(of: ".") else { return ("", key) }
        return (String(key[..<dot]), String(key[key.index(after: dot)...]))
    }

    private mutating func wrongType(
        _ key: String,
        _ node: any TOMLValueConvertible,
        wanted: String,
        example: String
    ) {
        note(key, "is \(Self.article(node.type)), not \(wanted)", "write it as `\(example)`")
    }

    private static func article(_ type: TOMLType) -> String {
        switch type {
        case .int: "an integer"
        case .array: "an array"
        case .bool: "a boolean"
        case .table: "a table"
        case .string: "a string"
        case .double: "a number with a fraction"
        case .date, .time, .dateTime: "a date or time"
        }
    }

    private mutating func unknownKeys(_ table: TOMLTable, prefix: String) -> [ConfigurationProblem] {
        let known = known[prefix] ?? []
        var found: [ConfigurationProblem] = []
        for name in table.keys.sorted() {
            let key = prefix.isEmpty ? name : "\(prefix).\(name)"
            if !known.contains(name) {
                let nearest = NearestWord.of(name, among: known)
                found.append(
                    ConfigurationProblem(
                        file: file,
                        line: lines[key],
                        key: key,
                        message: "is not a key that segmentd knows",
                        remedy: nearest.map { "did you mean `\($0)`?" }
                            ?? "the keys here are \(known.sorted().joined(separator: ", "))"
                    )
                )
            } else if prefix.isEmpty, self.known[name] != nil, let inner = table[name]?.table {
                found += unknownKeys(inner, prefix: name)
            }
        }
        return found
    }
}
