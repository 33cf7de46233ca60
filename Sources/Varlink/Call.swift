/// What a client asks for: one message to the service.
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

/// Why a message is not a call.
///
/// Nobody can be told, so the connection is closed.
package enum CallError: Error, Equatable, Sendable {
    case notAnObject
    case noMethod
    /// A member that is neither known nor, by a dot in its name, a vendor's.
    case unknownMember(String)
    case wrongType(member: String)
    /// `oneway`, `more` and `upgrade` exclude each other.
    case contradiction
    case upgradeUnsupported
}

extension Call {
    package init(_ message: JSON) throws(CallError) {
        guard case .object(let object) = message else { throw .notAnObject }
        var method: String?
        var parameters = JSONObject()
        var flags = (oneway: false, more: false, upgrade: false)
        for member in object.members {
            switch (member.name, member.value) {
            case ("method", .string(let name)): method = name
            case ("parameters", .object(let object)): parameters = object
            case ("parameters", .null): break
            case ("oneway", .bool(let flag)): flags.oneway = flag
            case ("more", .bool(let flag)): flags.more = flag
            case ("upgrade", .bool(let flag)): flags.upgrade = flag
            case ("method", _), ("parameters", _), ("oneway", _), ("more", _), ("upgrade", _):
                throw .wrongType(member: member.name)
            case let (name, _):
                guard name.utf8.contains(UInt8(ascii: ".")) else { throw .unknownMember(name) }
            }
        }
        guard let method else { throw .noMethod }
        switch flags {
        case (false, false, false): self.init(method: method, parameters: parameters)
        case (true, false, false): self.init(method: method, parameters: parameters, mode: .oneway)
        case (false, true, false): self.init(method: method, parameters: parameters, mode: .more)
        case (false, false, true): throw .upgradeUnsupported
        default: throw .contradiction
        }
    }

    /// Appends a call as one message.
    package static func write(
        _ method: String,
        _ parameters: some JSONEncodable,
        mode: Mode,
        to writer: inout JSONWriter
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
