/// A value that can be written as JSON.
package protocol JSONEncodable {
    func encode(to writer: JSONWriter)
}

/// Writes JSON text without white space, appending to what it has already written.
package final class JSONWriter {
    private let output = ByteQueue()
    /// Whether a comma must precede the next value or name.
    private var needsComma = false

    package init() {}

    /// The number of bytes written.
    package var count: Int { output.count }

    /// The bytes written.
    package var bytes: [UInt8] {
        output.withBytes { bytes in unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) } }
    }

    /// Calls `body` with the bytes written from an offset on; they are valid only during the call, and `body`
    /// must not write.
    package func withBytes<Result, Failure>(
        from offset: Int = 0,
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try output.withBytes(from: offset, body)
    }

    /// Appends complete messages written elsewhere.
    package func append(_ messages: SharedReply) { output.append(messages.bytes.span) }

    /// Removes the first bytes, which have been sent, and frees memory the rest does not need, since many
    /// writers may wait.
    package func removeFirst(_ count: Int) {
        output.removeFirst(count)
        if output.count == 0 {
            reset()
        } else if output.capacity > max(Self.little, 2 * output.count) {
            output.shrink()
        }
    }

    /// Discards everything written, keeping enough memory for most messages.
    package func reset() {
        output.removeAll(keeping: Self.little)
        needsComma = false
    }

    /// Enough for most messages, in bytes.
    private static let little = 1 << 12

    package func beginObject() { open(UInt8(ascii: "{")) }
    package func endObject() { close(UInt8(ascii: "}")) }
    package func beginArray() { open(UInt8(ascii: "[")) }
    package func endArray() { close(UInt8(ascii: "]")) }

    /// Writes the byte that ends a message.
    func endMessage() {
        output.append(0)
        needsComma = false
    }

    /// Writes a member's name that needs no escapes; its value follows.
    package func name(_ name: StaticString) {
        unsafe quoted(
            UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount),
            isName: true
        )
    }

    /// Writes a member's name that may need escapes; its value follows.
    package func name(any name: String) {
        value(name)
        output.append(UInt8(ascii: ":"))
        needsComma = false
    }

    package func null() { literal("null") }

    package func value(_ value: Bool) { literal(value ? "true" : "false") }

    package func value(_ value: some WireInteger) {
        let value = value.wire
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var first = digits.count
        var rest = value.magnitude
        repeat {
            first -= 1
            digits[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        separate()
        if value < 0 { output.append(UInt8(ascii: "-")) }
        output.append(digits.span.extracting(first...))
        needsComma = true
    }

    package func value(_ value: Double) { literal(value.description) }

    package func value(_ string: String) {
        let text = string.utf8Span.span
        guard text.endOfUnescaped(from: 0) == text.count else { return escaped(text) }
        unsafe text.withUnsafeBytes { unsafe quoted($0, isName: false) }
    }

    package func value(_ value: some JSONEncodable) { value.encode(to: self) }

    private func literal(_ text: String) {
        separate()
        output.append(text.utf8Span.span)
        needsComma = true
    }

    private func open(_ bracket: UInt8) {
        separate()
        output.append(bracket)
        needsComma = false
    }

    private func close(_ bracket: UInt8) {
        output.append(bracket)
        needsComma = true
    }

    /// Writes text that needs no escapes in quotation marks, preceded by a comma if needed and followed by a
    /// colon if a name.
    ///
    /// Everything is written at once, because each append checks for room.
    @inline(__always)
    private func quoted(_ text: UnsafeRawBufferPointer, isName: Bool) {
        let comma = needsComma ? 1 : 0
        unsafe output.append(count: comma + text.count + (isName ? 3 : 2)) { room in
            // Without a comma, the quotation mark overwrites it.
            unsafe room.storeBytes(of: UInt8(ascii: ","), as: UInt8.self)
            unsafe room.storeBytes(of: UInt8(ascii: "\""), toByteOffset: comma, as: UInt8.self)
            if let start = text.baseAddress {
                unsafe (room + comma + 1).copyMemory(from: start, byteCount: text.count)
            }
            let end = unsafe room + comma + 1 + text.count
            unsafe end.storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
            if isName { unsafe end.storeBytes(of: UInt8(ascii: ":"), toByteOffset: 1, as: UInt8.self) }
        }
        needsComma = !isName
    }

    private func separate() {
        if needsComma { output.append(UInt8(ascii: ",")) }
    }

    /// Writes text with escapes, copying the unescaped parts as a whole.
    private func escaped(_ text: Span<UInt8>) {
        separate()
        output.append(UInt8(ascii: "\""))
        var start = 0
        while true {
            let end = text.endOfUnescaped(from: start)
            output.append(text.extracting(start..<end))
            guard end < text.count else { break }
            // The code of a C1 control character equals its second byte.
            start = text[end] == 0xc2 ? end + 2 : end + 1
            escape(text[start - 1])
        }
        output.append(UInt8(ascii: "\""))
        needsComma = true
    }

    private func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            output.append(UInt8(ascii: "\\"))
            output.append(byte)
        case 0:
            // A message must not contain U+0000 in any form.
            output.append("\u{fffd}")
        default:
            output.append("\\u00")
            output.append(Self.digit(byte >> 4))
            output.append(Self.digit(byte & 15))
        }
    }

    /// Returns a hexadecimal digit.
    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}

extension Span<UInt8> {
    /// Returns the offset of the first character at or after `start` that must be escaped, or the end: a
    /// quotation mark, a backslash, or a control character (C0, DEL and C1), which a terminal would obey.
    fileprivate func endOfUnescaped(from start: Int) -> Int {
        var index = start
        while index < count {
            if index + 8 <= count {
                let word = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self)
                let plain = EightBytes.plainASCII(UInt64(littleEndian: word))
                index += plain
                if plain == 8 { continue }
            }
            switch unsafe self[unchecked: index] {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), ..<0x20, 0x7f: return index
            case 0xc2 where index + 1 < count && self[index + 1] < 0xa0: return index
            default: index += 1
            }
        }
        return index
    }
}

extension JSONWriter {
    package func member(_ name: StaticString, _ value: String) {
        self.name(name)
        self.value(value)
    }

    package func member(_ name: StaticString, _ value: String?) {
        self.name(name)
        if let value { self.value(value) } else { null() }
    }

    package func member(_ name: StaticString, _ value: some WireInteger) {
        self.name(name)
        self.value(value)
    }

    package func member<Value: WireInteger>(_ name: StaticString, _ value: Value?) {
        self.name(name)
        if let value { self.value(value) } else { null() }
    }

    package func member(_ name: StaticString, _ value: Bool) {
        self.name(name)
        self.value(value)
    }

    package func member(_ name: StaticString, _ value: some JSONEncodable) {
        self.name(name)
        self.value(value)
    }

    package func member<Value: JSONEncodable>(_ name: StaticString, _ value: Value?) {
        self.name(name)
        if let value { self.value(value) } else { null() }
    }

    package func member(_ name: StaticString, _ values: [String]) {
        self.name(name)
        beginArray()
        for value in values { self.value(value) }
        endArray()
    }

    package func member(_ name: StaticString, _ values: [some JSONEncodable]) {
        self.name(name)
        beginArray()
        for value in values { self.value(value) }
        endArray()
    }
}

extension JSON: JSONEncodable {
    package func encode(to writer: JSONWriter) {
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
    package func encode(to writer: JSONWriter) {
        writer.beginObject()
        for member in members {
            writer.name(any: member.name)
            writer.value(member.value)
        }
        writer.endObject()
    }
}
