/// Something that JSON can tell.
package protocol JSONEncodable {
    func encode(to writer: inout JSONWriter)
}

/// Writes JSON text, without white space, behind what it has written before.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    /// Whether the next value or name stands behind another.
    private var needsComma = false

    package init() {}

    /// Forgets what was written and keeps the room, unless it is much.
    package mutating func reset() {
        bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 12)
        needsComma = false
    }

    package mutating func beginObject() { open(UInt8(ascii: "{")) }
    package mutating func endObject() { close(UInt8(ascii: "}")) }
    package mutating func beginArray() { open(UInt8(ascii: "[")) }
    package mutating func endArray() { close(UInt8(ascii: "]")) }

    /// The byte that ends a message.
    mutating func endMessage() {
        bytes.append(0)
        needsComma = false
    }

    /// A member's name, that needs no escapes; its value follows.
    package mutating func name(_ name: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: name.utf8)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    package mutating func null() { literal("null") }

    package mutating func value(_ value: Bool) { literal(value ? "true" : "false") }

    package mutating func value(_ value: some BinaryInteger) { literal(String(value)) }

    package mutating func value(_ value: Double) { literal(value.description) }

    package mutating func value(_ string: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        if string.utf8.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") })
        {
            escape(string)
        } else {
            bytes.append(contentsOf: string.utf8)
        }
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    package mutating func value(_ value: some JSONEncodable) { value.encode(to: &self) }

    private mutating func literal(_ text: String) {
        separate()
        bytes.append(contentsOf: text.utf8)
        needsComma = true
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func escape(_ string: String) {
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0:
                // A message must not contain U+0000 in any form.
                bytes.append(contentsOf: "\u{fffd}".utf8)
            case 0..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(digits[Int(byte >> 4)])
                bytes.append(digits[Int(byte & 15)])
            default:
                bytes.append(byte)
            }
        }
    }
}

extension JSONWriter {
    package mutating func member(_ name: String, _ value: String) {
        self.name(name)
        self.value(value)
    }

    package mutating func member(_ name: String, _ value: String?) {
        self.name(name)
        if let value { self.value(value) } else { null() }
    }

    package mutating func member(_ name: String, _ value: some BinaryInteger) {
        self.name(name)
        self.value(value)
    }

    package mutating func member<Value: BinaryInteger>(_ name: String, _ value: Value?) {
        self.name(name)
        if let value { self.value(value) } else { null() }
    }

    package mutating func member(_ name: String, _ value: Bool) {
        self.name(name)
        self.value(value)
    }

    package mutating func member(_ name: String, _ value: some JSONEncodable) {
        self.name(name)
        self.value(value)
    }

    package mutating func member<Value: JSONEncodable>(_ name: String, _ value: Value?) {
        self.name(name)
        if let value { self.value(value) } else { null() }
    }

    package mutating func member(_ name: String, _ values: [String]) {
        self.name(name)
        beginArray()
        for value in values { self.value(value) }
        endArray()
    }

    package mutating func member(_ name: String, _ values: [some JSONEncodable]) {
        self.name(name)
        beginArray()
        for value in values { self.value(value) }
        endArray()
    }
}

extension JSON: JSONEncodable {
    package func encode(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .bool(let value): writer.value(value)
        case .integer(let value): writer.value(value)
        case .float(let value): writer.value(value)
        case .string(let value): writer.value(value)
        case .array(let elements):
            writer.beginArray()
            for element in elements { writer.value(element) }
            writer.endArray()
        case .object(let object): writer.value(object)
        }
    }
}

extension JSONObject: JSONEncodable {
    package func encode(to writer: inout JSONWriter) {
        writer.beginObject()
        for member in members {
            writer.value(member.name)
            writer.colon()
            writer.value(member.value)
        }
        writer.endObject()
    }
}

extension JSONWriter {
    /// Behind a name that was written as a value because it may need escapes.
    fileprivate mutating func colon() {
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }
}
