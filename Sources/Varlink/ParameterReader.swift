/// A parameter is missing, undeclared, or of the wrong type; `InvalidParameter` of org.varlink.service.
package struct InvalidParameter: Error, Equatable, Sendable {
    package var parameter: String

    package init(_ parameter: String) {
        self.parameter = parameter
    }
}

/// Something that can be read from a JSON object, member by member.
package protocol JSONDecodable {
    init(from reader: inout ParameterReader) throws(InvalidParameter)
}

/// Reads the members of an object as declared types, and knows which ones nobody asked for.
package struct ParameterReader {
    private let object: JSONObject
    private var read: [String] = []

    package init(_ object: JSONObject) {
        self.object = object
    }

    /// Every member of the object must have been read.
    package func finish() throws(InvalidParameter) {
        for member in object.members where !read.contains(member.name) { throw InvalidParameter(member.name) }
    }

    /// A member's value; null and a missing one are the same.
    private mutating func value(_ name: String) -> JSON? {
        read.append(name)
        let value = object[name]
        if case .null? = value { return nil }
        return value
    }

    private func required<Value>(_ value: Value?, _ name: String) throws(InvalidParameter) -> Value {
        guard let value else { throw InvalidParameter(name) }
        return value
    }

    package mutating func optionalString(_ name: String) throws(InvalidParameter) -> String? {
        switch value(name) {
        case nil: nil
        case .string(let string): string
        default: throw InvalidParameter(name)
        }
    }

    package mutating func string(_ name: String) throws(InvalidParameter) -> String {
        try required(optionalString(name), name)
    }

    package mutating func optionalInteger<Integer: FixedWidthInteger>(
        _ name: String,
        as type: Integer.Type = Integer.self
    ) throws(InvalidParameter) -> Integer? {
        switch value(name) {
        case nil: return nil
        case .integer(let integer):
            guard let value = Integer(exactly: integer) else { throw InvalidParameter(name) }
            return value
        default: throw InvalidParameter(name)
        }
    }

    package mutating func integer<Integer: FixedWidthInteger>(
        _ name: String,
        as type: Integer.Type = Integer.self
    ) throws(InvalidParameter) -> Integer {
        try required(optionalInteger(name, as: type), name)
    }

    package mutating func optionalWord<Word: RawRepresentable<String>>(
        _ name: String,
        as type: Word.Type = Word.self
    ) throws(InvalidParameter) -> Word? {
        guard let string = try optionalString(name) else { return nil }
        guard let word = Word(rawValue: string) else { throw InvalidParameter(name) }
        return word
    }

    package mutating func word<Word: RawRepresentable<String>>(
        _ name: String,
        as type: Word.Type = Word.self
    ) throws(InvalidParameter) -> Word {
        try required(optionalWord(name, as: type), name)
    }

    package mutating func optionalObject<Value: JSONDecodable>(
        _ name: String,
        as type: Value.Type = Value.self
    ) throws(InvalidParameter) -> Value? {
        switch value(name) {
        case nil: return nil
        case .object(let object):
            var reader = ParameterReader(object)
            return try Value(from: &reader)
        default: throw InvalidParameter(name)
        }
    }

    package mutating func object<Value: JSONDecodable>(
        _ name: String,
        as type: Value.Type = Value.self
    ) throws(InvalidParameter) -> Value {
        try required(optionalObject(name, as: type), name)
    }

    package mutating func objects<Value: JSONDecodable>(
        _ name: String,
        of type: Value.Type = Value.self
    ) throws(InvalidParameter) -> [Value] {
        guard case .array(let elements) = value(name) else { throw InvalidParameter(name) }
        var values: [Value] = []
        for element in elements {
            guard case .object(let object) = element else { throw InvalidParameter(name) }
            var reader = ParameterReader(object)
            values.append(try Value(from: &reader))
        }
        return values
    }

    package mutating func strings(_ name: String) throws(InvalidParameter) -> [String] {
        guard case .array(let elements) = value(name) else { throw InvalidParameter(name) }
        var strings: [String] = []
        for element in elements {
            guard case .string(let string) = element else { throw InvalidParameter(name) }
            strings.append(string)
        }
        return strings
    }
}
