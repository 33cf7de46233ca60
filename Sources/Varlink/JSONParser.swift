extension JSON {
    /// Parses a single value, surrounded by nothing but white space.
    package init(parsing text: Span<UInt8>, depthLimit: Int = 64) throws(JSONError) {
        var parser = JSONParser(depthLimit: depthLimit)
        parser.skipWhiteSpace(text)
        self = try parser.value(text, depth: 1)
        try parser.end(text)
    }
}

/// A single-pass parser of JSON text; it stores the offset, and the text is passed to each call.
struct JSONParser {
    let depthLimit: Int
    var offset = 0
    /// The offset of the member being parsed.
    private var nameOffset = 0
    /// Whether the next member is the first of its object.
    private var isFirst = false

    init(depthLimit: Int = 64) {
        self.depthLimit = depthLimit
    }

    func error(_ reason: JSONError.Reason) -> JSONError {
        JSONError(reason: reason, offset: offset)
    }

    mutating func skipWhiteSpace(_ text: Span<UInt8>) {
        while offset < text.count {
            switch text[offset] {
            case 0x20, 0x09, 0x0a, 0x0d: offset += 1
            default: return
            }
        }
    }

    /// Throws unless only white space is left.
    mutating func end(_ text: Span<UInt8>) throws(JSONError) {
        skipWhiteSpace(text)
        guard offset == text.count else { throw error(.trailingBytes) }
    }

    func byte(_ text: Span<UInt8>) throws(JSONError) -> UInt8 {
        guard offset < text.count else { throw error(.unexpectedEnd) }
        return text[offset]
    }

    private mutating func expect(_ expected: UInt8, _ text: Span<UInt8>) throws(JSONError) {
        let found = try byte(text)
        guard found == expected else { throw error(.unexpectedByte(found)) }
        offset += 1
    }

    mutating func value(_ text: Span<UInt8>, depth: Int) throws(JSONError) -> JSON {
        guard depth <= depthLimit else { throw error(.nestedTooDeep(limit: depthLimit)) }
        let first = try byte(text)
        switch first {
        case UInt8(ascii: "{"): return .object(try object(text, depth: depth))
        case UInt8(ascii: "["): return .array(try array(text, depth: depth))
        case UInt8(ascii: "\""): return .string(try string(text))
        case UInt8(ascii: "t"): return try word("true", .bool(true), text)
        case UInt8(ascii: "f"): return try word("false", .bool(false), text)
        case UInt8(ascii: "n"): return try word("null", .null, text)
        case UInt8(ascii: "-"), 0x30...0x39: return try number(text)
        default: throw error(.unexpectedByte(first))
        }
    }

    private mutating func word(
        _ word: StaticString,
        _ value: JSON,
        _ text: Span<UInt8>
    ) throws(JSONError) -> JSON {
        for expected in word.description.utf8 { try expect(expected, text) }
        return value
    }

    private mutating func object(_ text: Span<UInt8>, depth: Int) throws(JSONError) -> JSONObject {
        var object = JSONObject()
        // For the few members of a real message, a linear search for duplicates is fastest.
        var names: Set<String> = []
        beginObject()
        while try nextMember(text) {
            let name = try name(text)
            if object.members.count == 16 { names = Set(object.members.map(\.name)) }
            let isNew =
                object.members.count < 16 ? object.index(of: name) == nil : names.insert(name).inserted
            guard isNew else { throw duplicate(name) }
            object.append(name, try value(text, depth: depth + 1))
        }
        return object
    }

    private mutating func beginObject() {
        offset += 1
        isFirst = true
    }

    /// Returns whether the text is an object; its first member follows.
    mutating func beginsObject(_ text: Span<UInt8>) throws(JSONError) -> Bool {
        skipWhiteSpace(text)
        guard try byte(text) == UInt8(ascii: "{") else { return false }
        beginObject()
        return true
    }

    /// Returns whether another member follows, whose name and then value must be parsed next; false behind
    /// the closing brace.
    mutating func nextMember(_ text: Span<UInt8>) throws(JSONError) -> Bool {
        skipWhiteSpace(text)
        if isFirst {
            isFirst = false
            if try byte(text) == UInt8(ascii: "}") {
                offset += 1
                return false
            }
        } else if try !continues(until: UInt8(ascii: "}"), text) {
            return false
        }
        nameOffset = offset
        let first = try byte(text)
        guard first == UInt8(ascii: "\"") else { throw error(.unexpectedByte(first)) }
        return true
    }

    mutating func name(_ text: Span<UInt8>) throws(JSONError) -> String {
        let name = try string(text)
        try skipColon(text)
        return name
    }

    /// Parses the name if it is this one, written without escapes; otherwise returns false without parsing
    /// anything.
    mutating func skipName(_ name: StaticString, _ text: Span<UInt8>) throws(JSONError) -> Bool {
        guard text.holds(name, at: offset + 1), text.holds("\"", at: offset + 1 + name.utf8CodeUnitCount)
        else {
            return false
        }
        offset += name.utf8CodeUnitCount + 2
        try skipColon(text)
        return true
    }

    private mutating func skipColon(_ text: Span<UInt8>) throws(JSONError) {
        skipWhiteSpace(text)
        try expect(UInt8(ascii: ":"), text)
        skipWhiteSpace(text)
    }

    /// Returns the error for a member whose name was parsed last and is a duplicate.
    func duplicate(_ name: String) -> JSONError {
        JSONError(reason: .duplicateMember(name), offset: nameOffset)
    }

    private mutating func array(_ text: Span<UInt8>, depth: Int) throws(JSONError) -> [JSON] {
        var elements: [JSON] = []
        offset += 1
        skipWhiteSpace(text)
        if try byte(text) == UInt8(ascii: "]") {
            offset += 1
            return elements
        }
        while true {
            elements.append(try value(text, depth: depth + 1))
            skipWhiteSpace(text)
            guard try continues(until: UInt8(ascii: "]"), text) else { return elements }
        }
    }

    /// Parses what follows an element: returns true behind a comma, false behind the closing bracket.
    private mutating func continues(until close: UInt8, _ text: Span<UInt8>) throws(JSONError) -> Bool {
        let found = try byte(text)
        guard found == close || found == UInt8(ascii: ",") else { throw error(.unexpectedByte(found)) }
        offset += 1
        guard found != close else { return false }
        skipWhiteSpace(text)
        return true
    }

    private mutating func number(_ text: Span<UInt8>) throws(JSONError) -> JSON {
        let start = offset
        let isNegative = text[offset] == UInt8(ascii: "-")
        if isNegative { offset += 1 }
        let first = offset
        skipDigits(text)
        guard offset > first, offset == first + 1 || text[first] != UInt8(ascii: "0") else {
            throw error(.invalidNumber)
        }
        var isInteger = true
        if offset < text.count, text[offset] == UInt8(ascii: ".") {
            isInteger = false
            offset += 1
            try digits(text)
        }
        if offset < text.count, text[offset] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            offset += 1
            if offset < text.count, text[offset] == UInt8(ascii: "+") || text[offset] == UInt8(ascii: "-") {
                offset += 1
            }
            try digits(text)
        }
        if isInteger, let integer = integer(text, first..<offset, isNegative: isNegative) {
            return .integer(integer)
        }
        guard let float = Double(try utf8(text, start, offset)), float.isFinite else {
            throw error(.invalidNumber)
        }
        return .float(float)
    }

    /// Returns the value of digits; nil if it does not fit in 64 bits.
    private func integer(_ text: Span<UInt8>, _ digits: Range<Int>, isNegative: Bool) -> Int64? {
        var integer: Int64 = 0
        for index in digits {
            let digit = Int64(text[index] - UInt8(ascii: "0"))
            let (tenfold, overflow) = integer.multipliedReportingOverflow(by: 10)
            let (next, carry) = tenfold.addingReportingOverflow(isNegative ? -digit : digit)
            guard !overflow, !carry else { return nil }
            integer = next
        }
        return integer
    }

    private mutating func skipDigits(_ text: Span<UInt8>) {
        while offset < text.count, (0x30...0x39).contains(text[offset]) { offset += 1 }
    }

    private mutating func digits(_ text: Span<UInt8>) throws(JSONError) {
        let first = offset
        skipDigits(text)
        guard offset > first else { throw error(.invalidNumber) }
    }

    func utf8(_ text: Span<UInt8>, _ start: Int, _ end: Int) throws(JSONError) -> String {
        do {
            return String(copying: try UTF8Span(validating: text.extracting(start..<end)))
        } catch {
            throw JSONError(reason: .invalidUTF8, offset: start)
        }
    }
}
