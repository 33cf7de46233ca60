import CTOML

/// A value of a TOML text, with line numbers.
indirect enum TOMLValue {
    case table([TOMLMember])
    case array([TOMLValue])
    case string(String)
    case integer(Int64)
    case fraction, boolean, moment

    fileprivate init(_ value: OpaquePointer) {
        switch unsafe ctoml_kind_of(value) {
        case CTOML_TABLE: self = unsafe .table(Self.members(of: value))
        case CTOML_ARRAY: self = unsafe .array(Self.members(of: value).map(\.value))
        case CTOML_STRING: self = unsafe .string(String(ctoml_string(value)))
        case CTOML_INTEGER: self = unsafe .integer(ctoml_integer(value))
        case CTOML_FRACTION: self = .fraction
        case CTOML_BOOLEAN: self = .boolean
        default: self = .moment
        }
    }

    private static func members(of value: OpaquePointer) -> [TOMLMember] {
        var members: [TOMLMember] = []
        unsafe withUnsafeMutablePointer(to: &members) { members in
            unsafe ctoml_each(
                value,
                { members, key, line, value in
                    guard let value = unsafe value else { return }
                    let member = unsafe TOMLMember(
                        key: String(key),
                        line: Int(line),
                        value: TOMLValue(value)
                    )
                    unsafe members?.assumingMemoryBound(to: [TOMLMember].self).pointee.append(member)
                },
                members
            )
        }
        return members
    }
}

extension TOMLValue {
    /// The members of a table; nil for other values.
    var members: [TOMLMember]? { if case .table(let members) = self { members } else { nil } }
    var string: String? { if case .string(let string) = self { string } else { nil } }
    var integer: Int? { if case .integer(let integer) = self { Int(integer) } else { nil } }

    /// The strings of an array that has only strings; nil for other values.
    var strings: [String]? {
        guard case .array(let values) = self else { return nil }
        let strings = values.compactMap(\.string)
        return strings.count == values.count ? strings : nil
    }

    /// The kind of value, with its article, for messages.
    var kind: String {
        switch self {
        case .integer: "an integer"
        case .array: "an array"
        case .boolean: "a boolean"
        case .table: "a table"
        case .string: "a string"
        case .fraction: "a number with a fraction"
        case .moment: "a date or time"
        }
    }
}

/// A key and its value; an element of an array has an empty key.
struct TOMLMember {
    var key: String
    /// Counted from 1.
    var line: Int
    var value: TOMLValue

    /// Parses a text and returns its top-level members.
    static func all(in text: String) throws(TextDefect) -> [TOMLMember] {
        if let defect = TextDefect(in: text) { throw defect }
        var text = text
        let document = text.withUTF8 { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { unsafe ctoml_parse($0.baseAddress, $0.count) }
        }
        defer { unsafe ctoml_free(document) }
        guard let root = unsafe ctoml_root(document) else {
            var line: UInt32 = 0
            let failure = unsafe String(ctoml_failure(document, &line))
            throw TextDefect(kind: .notTOML(failure), line: Int(line))
        }
        let members = unsafe TOMLValue(root).members ?? []
        if let line = members.lazy.compactMap(\.lineOfNUL).first {
            throw TextDefect(kind: .nulCharacter, line: line)
        }
        return members
    }

    /// The line of the first string with a NUL character, which would end the string for the kernel.
    private var lineOfNUL: Int? {
        if key.utf8.contains(0) { return line }
        switch value {
        case .string(let text): return text.utf8.contains(0) ? line : nil
        case .table(let members): return members.lazy.compactMap(\.lineOfNUL).first
        case .array(let values):
            return values.lazy.compactMap { TOMLMember(key: "", line: line, value: $0).lineOfNUL }.first
        case .integer, .fraction, .boolean, .moment: return nil
        }
    }
}

extension String {
    fileprivate init(_ text: ctoml_text) {
        let bytes = unsafe UnsafeRawBufferPointer(start: text.bytes, count: text.count)
        self = unsafe String(decoding: bytes, as: UTF8.self)
    }
}
