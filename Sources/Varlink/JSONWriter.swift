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

    /// Forgets what was written and keeps the room that most messages need.
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
    package mutating func name(_ name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(name)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// A member's name that may need escapes; its value follows.
    package mutating func name(any name: String) {
        value(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    package mutating func null() { literal("null") }

    package mutating func value(_ value: Bool) { literal(value ? "true" : "false") }

    package mutating func value(_ value: some WireInteger) {
        let value = value.wire
        separate()
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var first = digits.count
        var rest = value.magnitude
        repeat {
            first -= 1
            digits[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        bytes.append(digits.span.extracting(first...))
        needsComma = true
    }

    package mutating func value(_ value: Double) { literal(value.description) }

    package mutating func value(_ string: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        let text = string.utf8Span.span
        if text.plainCharacters(from: 0).end == text.count {
            bytes.append(text)
        } else {
            escape(string)
        }
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    package mutating func value(_ value: some JSONEncodable) { value.encode(to: &self) }

    private mutating func literal(_ text: String) {
        separate()
        bytes.append(text.utf8Span.span)
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
    package mutating func member(_ name: StaticString, _ value: String) {
        self.name(name)
        self.value(value)
    }

    package mutating func member(_ name: StaticString, _ value: String?) {
        self.name(name)
        if let value { self.value(value) } else { null() }
    }

    package mutating func member(_ name: StaticString, _ value: some WireInteger) {
        self.name(name)
        self.value(value)
    }

    package mutating func member<Value: WireInteger>(_ name: StaticString, _ value: Value?) {
        self.name(name)
        if let value { self.value(value) } else { null() }
    }

    package mutating func member(_ name: StaticString, _ value: Bool) {
        self.name(name)
        self.value(value)
    }

    package mutating func member(_ name: StaticString, _ value: some JSONEncodable) {
        self.name(name)
        self.value(value)
    }

    package mutating func member<Value: JSONEncodable>(_ name: StaticString, _ value: Value?) {
        self.name(name)
        if let value { self.value(value) } else { null() }
    }

    package mutating func member(_ name: StaticString, _ values: [String]) {
        self.name(name)
        beginArray()
        for value in values { self.value(value) }
        endArray()
    }

    package mutating func member(_ name: StaticString, _ values: [some JSONEncodable]) {
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
            writer.name(any: member.name)
            writer.value(member.value)
        }
        writer.endObject()
    }
}
