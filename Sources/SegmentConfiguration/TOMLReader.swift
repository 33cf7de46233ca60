import SegmentModel
import SystemPackage

/// Reads the keys of one file as typed values, noting every problem on the way.
struct TOMLReader {
    let file: String
    /// Nil if the text is not TOML.
    private let members: [TOMLMember]?
    /// The keys requested so far, dotted if in a table.
    private var known: [String] = []
    private(set) var problems: [ConfigurationProblem] = []

    init(file: String, text: String) {
        self.file = file
        do throws(TextDefect) {
            members = try TOMLMember.all(in: text)
        } catch {
            members = nil
            problems = [
                ConfigurationProblem(
                    file: file,
                    line: error.line,
                    message: error.message,
                    remedy: error.remedy
                )
            ]
        }
    }

    /// Notes a problem with a key, which is dotted if in a table.
    mutating func note(_ key: String?, _ message: String, _ remedy: String?) {
        problems.append(
            ConfigurationProblem(
                file: file,
                line: key.flatMap { member($0)?.line },
                key: key,
                message: message,
                remedy: remedy
            )
        )
    }

    /// Notes a problem with the file itself.
    mutating func note(_ problem: ConfigurationProblem) { problems.append(problem) }

    /// Whether the text is TOML at all; if not, missing keys are not worth reporting.
    var isReadable: Bool { members != nil }

    func has(_ key: String) -> Bool { member(key) != nil }

    mutating func string(_ key: String, example: String) -> String? {
        read(key, wanted: "a string", example: example, \.string)
    }

    mutating func strings(_ key: String, example: String) -> [String]? {
        read(key, wanted: "an array of strings", example: example, \.strings)
    }

    mutating func integer(_ key: String, example: String) -> Int? {
        read(key, wanted: "an integer", example: example, \.integer)
    }

    /// A value that may be an integer or a string.
    enum Scalar {
        case integer(Int)
        case string(String)
    }

    mutating func scalar(_ key: String, wanted: String, example: String) -> Scalar? {
        read(key, wanted: wanted, example: example) { value in
            value.integer.map(Scalar.integer) ?? value.string.map(Scalar.string)
        }
    }

    /// Declares a table; its keys are then read as `table.key`.
    mutating func table(_ key: String, example: String) {
        _ = read(key, wanted: "a table", example: example, \.members)
    }

    /// Returns all problems, including those of unknown keys.
    mutating func finish() -> [ConfigurationProblem] {
        problems + (members.map { unknownKeys($0, table: "") } ?? [])
    }

    private mutating func read<Value>(
        _ key: String,
        wanted: String,
        example: String,
        _ value: (TOMLValue) -> Value?
    ) -> Value? {
        known.append(key)
        guard let member = member(key) else { return nil }
        guard let value = value(member.value) else {
            note(key, "is \(member.value.kind), not \(wanted)", "write it as `\(example)`")
            return nil
        }
        return value
    }

    private func member(_ key: String) -> TOMLMember? {
        let (table, name) = Self.split(key)
        let members = table.isEmpty ? members : members?.first { $0.key == table }?.value.members
        return members?.first { $0.key == name }
    }

    private static func split(_ key: String) -> (table: String, name: String) {
        // Splits bytes: splitting characters took a fifth of the instructions of a start.
        guard let dot = key.utf8.firstIndex(of: UInt8(ascii: ".")) else { return ("", key) }
        return (String(key[..<dot]), String(key[key.utf8.index(after: dot)...]))
    }

    private func unknownKeys(_ members: [TOMLMember], table: String) -> [ConfigurationProblem] {
        var found: [ConfigurationProblem] = []
        let path = FilePath(file)
        lazy var names = known.map(Self.split).filter { $0.table == table }.map(\.name).sorted()
        // Written once: a file may have thousands of unknown keys.
        lazy var list = "the keys here are \(names.joined(separator: ", "))"
        for member in members {
            let key = table.isEmpty ? member.key : "\(table).\(member.key)"
            // A quoted key may contain a dot itself.
            if member.key.utf8.contains(UInt8(ascii: ".")) || !known.contains(key) {
                let nearest = NearestWord.of(member.key, among: names)
                found.append(
                    ConfigurationProblem(
                        path,
                        line: member.line,
                        key: key,
                        message: "is not a key that segmentd knows",
                        remedy: nearest.map { "did you mean `\($0)`?" } ?? list
                    )
                )
            } else if let inner = member.value.members, known.contains(where: { Self.split($0).table == key })
            {
                found += unknownKeys(inner, table: key)
            }
        }
        return found
    }
}
