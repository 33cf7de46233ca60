/// A parameter is missing, undeclared, or of the wrong type; `InvalidParameter` of org.varlink.service.
package struct InvalidParameter: Error, Equatable, Sendable {
    package var parameter: String

    package init(_ parameter: String) {
        self.parameter = parameter
    }
}

/// A value that can be read from a JSON object, member by member.
package protocol JSONDecodable {
    init(from reader: inout ParameterReader) throws(InvalidParameter)
}

/// Reads the members of an object as declared types and detects undeclared ones.
package struct ParameterReader {
    private let object: JSONObject
    /// A bit for each of the first 64 members that has been read.
    ///
    /// No type declares that many, so if there are more members, at least one of the first 64 is undeclared.
    private var read: UInt64 = 0

    package init(_ object: JSONObject) {
        self.object = object
    }

    /// Throws if any member of the object has not been read.
    package func finish() throws(InvalidParameter) {
        for (index, member) in object.members.enumerated() where read & (1 << index) == 0 {
            throw InvalidParameter(member.name)
        }
    }

    /// Returns a member's value; nil if it is null or missing.
    private mutating func value(_ name: String) -> JSON? {
        guard let index = object.index(of: name) else { return nil }
        read |= 1 << index
        let value = object.members[index].value
        if case .null = value { return nil }
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
        guard let string = try optionalString(name) else { throw InvalidParameter(name) }
        return string
    }

    package mutating func optionalBool(_ name: String) throws(InvalidParameter) -> Bool? {
        switch value(name) {
        case nil: nil
        case .bool(let bool): bool
        default: throw InvalidParameter(name)
        }
    }

    private mutating func wireInteger(_ name: String) throws(InvalidParameter) -> Int64? {
        switch value(name) {
        case nil: nil
        case .integer(let integer): integer
        default: throw InvalidParameter(name)
        }
    }

    package mutating func optionalInteger<Integer: WireInteger>(
        _ name: String,
        as type: Integer.Type = Integer.self
    ) throws(InvalidParameter) -> Integer? {
        guard let wire = try wireInteger(name) else { return nil }
        guard let integer = Integer(wire: wire) else { throw InvalidParameter(name) }
        return integer
    }

    package mutating func integer<Integer: WireInteger>(
        _ name: String,
        as type: Integer.Type = Integer.self
    ) throws(InvalidParameter) -> Integer {
        guard let integer = try optionalInteger(name, as: type) else { throw InvalidParameter(name) }
        return integer
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
        guard let value = try optionalObject(name, as: type) else { throw InvalidParameter(name) }
        return value
    }

    package mutating func objects<Value: JSONDecodable>(
        _ name: String,
        of type: Value.Type = Value.self
    ) throws(InvalidParameter) -> [Value] {
        guard let values = try optionalObjects(name, of: type) else { throw InvalidParameter(name) }
        return values
    }

    package mutating func optionalObjects<Value: JSONDecodable>(
        _ name: String,
        of type: Value.Type = Value.self
    ) throws(InvalidParameter) -> [Value]? {
        guard let value = value(name) else { return nil }
        guard case .array(let elements) = value else { throw InvalidParameter(name) }
        var values: [Value] = []
        for element in elements {
            guard case .object(let object) = element else { throw InvalidParameter(name) }
            var reader = ParameterReader(object)
            values.append(try Value(from: &reader))
        }
        return values
    }

    package mutating func strings(_ name: String) throws(InvalidParameter) -> [String] {
        guard let strings = try optionalStrings(name) else { throw InvalidParameter(name) }
        return strings
    }

    package mutating func optionalStrings(_ name: String) throws(InvalidParameter) -> [String]? {
        guard let value = value(name) else { return nil }
        guard case .array(let elements) = value else { throw InvalidParameter(name) }
        var strings: [String] = []
        for element in elements {
            guard case .string(let string) = element else { throw InvalidParameter(name) }
            strings.append(string)
        }
        return strings
    }
}
