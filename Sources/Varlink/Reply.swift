/// A reply: one message to the client.
package struct Reply: Equatable, Sendable {
    package var parameters: JSONObject
    /// The error's fully qualified name; nil for a success.
    package var error: String?
    /// Whether more replies to the same call follow.
    package var continues: Bool

    /// Reads a reply from a message; throws the violation if it is none.
    package init(_ message: JSON) throws(ReplyError) {
        guard case .object(let object) = message else { throw .notAnObject }
        parameters = JSONObject()
        continues = false
        for member in object.members {
            switch (member.name, member.value) {
            case ("parameters", .object(let object)): parameters = object
            case ("parameters", .null): break
            case ("error", .string(let name)): error = name
            case ("continues", .bool(let flag)): continues = flag
            case ("parameters", _), ("error", _), ("continues", _): throw .wrongType(member: member.name)
            default: break
            }
        }
    }

    /// Appends a success as one message.
    package static func write(
        _ parameters: some JSONEncodable,
        continues: Bool = false,
        to writer: JSONWriter
    ) {
        writer.beginObject()
        writer.member("parameters", parameters)
        if continues { writer.member("continues", true) }
        writer.endObject()
        writer.endMessage()
    }

    /// Appends an error as one message.
    package static func write(error: some VarlinkError, to writer: JSONWriter) {
        writer.beginObject()
        writer.member("error", error.name)
        writer.member("parameters", error)
        writer.endObject()
        writer.endMessage()
    }
}

/// Messages that are identical for many connections, encoded once.
package struct SharedReply {
    let bytes: [UInt8]

    /// Copies everything that has been written.
    package init(_ messages: JSONWriter) { bytes = messages.bytes }

    /// In bytes.
    package var count: Int { bytes.count }
}

/// The reason a message is not a reply.
package enum ReplyError: Error, Equatable, Sendable {
    case notAnObject
    case wrongType(member: String)

    /// The protocol violation, as seen by a client.
    var violation: String {
        switch self {
        case .notAnObject: "the service sent a reply that is not a JSON object"
        case .wrongType(let member): "the service sent a reply whose \(member) has the wrong type"
        }
    }
}

/// An error of an interface; it is encoded as the error's parameters.
package protocol VarlinkError: JSONEncodable {
    /// Fully qualified: `io.segmentd.Broker.NoSuchSegment`.
    var name: String { get }
}

/// The parameters of a call or reply without parameters.
package struct NoParameters: JSONEncodable, Equatable, Sendable {
    package init() {}

    package func encode(to writer: JSONWriter) {
        writer.beginObject()
        writer.endObject()
    }
}
