/// A method call: one message to the service.
package struct Call: Equatable, Sendable {
    package enum Mode: Equatable, Sendable {
        /// One reply.
        case plain
        /// No reply, not even an error.
        case oneway
        /// Any number of replies.
        case more
    }

    /// Fully qualified: `io.segmentd.Broker.Acquire`.
    package var method: String
    package var parameters: JSONObject
    package var mode: Mode

    package init(method: String, parameters: JSONObject = JSONObject(), mode: Mode = .plain) {
        self.method = method
        self.parameters = parameters
        self.mode = mode
    }

    /// The part of the method's name before its last dot.
    package var interface: Substring {
        method.utf8.lastIndex(of: UInt8(ascii: ".")).map { method[..<$0] } ?? ""
    }
}

/// The reason a message is not a call.
///
/// No reply is possible, so the connection is closed.
package enum CallError: Error, Equatable, Sendable {
    case malformed(JSONError)
    case notAnObject
    case noMethod
    /// A member that is neither known nor a vendor's, whose names contain a dot.
    case unknownMember(String)
    case wrongType(member: String)
    /// `oneway`, `more` and `upgrade` exclude each other.
    case contradiction
    case upgradeUnsupported
}

extension Call {
    /// Appends a call as one message.
    package static func write(
        _ method: String,
        _ parameters: some JSONEncodable,
        mode: Mode,
        to writer: JSONWriter
    ) {
        writer.beginObject()
        writer.member("method", method)
        writer.member("parameters", parameters)
        switch mode {
        case .plain: break
        case .oneway: writer.member("oneway", true)
        case .more: writer.member("more", true)
        }
        writer.endObject()
        writer.endMessage()
    }
}

extension Call {
    /// Parses a message.
    package init(parsing text: Span<UInt8>) throws(CallError) {
        let members: CallMembers?
        do throws(JSONError) { members = try CallMembers(parsing: text) } catch { throw .malformed(error) }
        guard let members else { throw .notAnObject }
        try self.init(members)
    }

    private init(_ members: CallMembers) throws(CallError) {
        if let error = members.error { throw error }
        guard let method = members.method else { throw .noMethod }
        switch (members.oneway, members.more, members.upgrade) {
        case (false, false, false): self.init(method: method, parameters: members.parameters)
        case (true, false, false): self.init(method: method, parameters: members.parameters, mode: .oneway)
        case (false, true, false): self.init(method: method, parameters: members.parameters, mode: .more)
        case (false, false, true): throw .upgradeUnsupported
        default: throw .contradiction
        }
    }
}

/// The members of a call, each taken as it is parsed, so that no JSON object is built.
private struct CallMembers {
    private(set) var method: String?
    private(set) var parameters = JSONObject()
    private(set) var oneway = false
    private(set) var more = false
    private(set) var upgrade = false
    /// The first reason it is not a call.
    private(set) var error: CallError?

    /// A bit for each member seen.
    private var seen: UInt8 = 0
    private var seenVendors: Set<String> = []

    private enum Name: UInt8, CaseIterable {
        case method, parameters, oneway, more, upgrade

        var text: StaticString {
            switch self {
            case .method: "method"
            case .parameters: "parameters"
            case .oneway: "oneway"
            case .more: "more"
            case .upgrade: "upgrade"
            }
        }

        var bit: UInt8 { 1 << rawValue }
    }

    /// Fails if the text is JSON but not an object.
    init?(parsing text: Span<UInt8>) throws(JSONError) {
        var parser = JSONParser()
        guard try parser.beginsObject(text) else {
            _ = try JSON(parsing: text)
            return nil
        }
        while try parser.nextMember(text) {
            if let known = try Self.skipName(text, &parser) {
                try take(known, text, &parser)
            } else {
                try takeOther(try parser.name(text), text, &parser)
            }
        }
        try parser.end(text)
    }

    /// Skips a known name without creating a string; names are nearly always written without escapes.
    private static func skipName(_ text: Span<UInt8>, _ parser: inout JSONParser) throws(JSONError) -> Name? {
        for name in Name.allCases where try parser.skipName(name.text, text) { return name }
        return nil
    }

    private mutating func take(
        _ name: Name,
        _ text: Span<UInt8>,
        _ parser: inout JSONParser
    ) throws(JSONError) {
        guard seen & name.bit == 0 else { throw parser.duplicate("\(name.text)") }
        seen |= name.bit
        switch (name, try parser.value(text, depth: 2)) {
        case (.method, .string(let method)): self.method = method
        case (.parameters, .object(let object)): parameters = object
        case (.parameters, .null): break
        case (.oneway, .bool(let flag)): oneway = flag
        case (.more, .bool(let flag)): more = flag
        case (.upgrade, .bool(let flag)): upgrade = flag
        default: error = error ?? .wrongType(member: "\(name.text)")
        }
    }

    private mutating func takeOther(
        _ name: String,
        _ text: Span<UInt8>,
        _ parser: inout JSONParser
    ) throws(JSONError) {
        if let known = Name.allCases.first(where: { "\($0.text)" == name }) {
            return try take(known, text, &parser)
        }
        guard seenVendors.insert(name).inserted else { throw parser.duplicate(name) }
        _ = try parser.value(text, depth: 2)
        if !name.utf8.contains(UInt8(ascii: ".")) { error = error ?? .unknownMember(name) }
    }
}
