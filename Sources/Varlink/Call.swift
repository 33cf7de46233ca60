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
    case malformed(JSONError)
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
