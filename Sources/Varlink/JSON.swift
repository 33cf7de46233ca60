/// A JSON value; RFC 8259, parsed as strictly as Varlink requires.
package enum JSON: Equatable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// Any number with a fraction or an exponent, and integers that do not fit in 64 bits.
    case float(Double)
    case string(String)
    case array([JSON])
    case object(JSONObject)
}

/// The members of a JSON object, in the order of the text, with unique names.
package struct JSONObject: Equatable, Sendable {
    package struct Member: Equatable, Sendable {
        package var name: String
        package var value: JSON
    }

    package private(set) var members: [Member]

    package init() {
        members = []
    }

    package subscript(name: String) -> JSON? {
        index(of: name).map { members[$0].value }
    }

    func index(of name: String) -> Int? {
        members.firstIndex { $0.name == name }
    }

    mutating func append(_ name: String, _ value: JSON) {
        // Reserve as many as the reply of Acquire has, so that the array does not grow step by step.
        if members.isEmpty { members.reserveCapacity(9) }
        members.append(Member(name: name, value: value))
    }
}

/// The position and reason of an error in JSON text.
package struct JSONError: Error, Equatable, Sendable {
    package enum Reason: Equatable, Sendable {
        case unexpectedEnd
        case unexpectedByte(UInt8)
        case invalidNumber
        case invalidEscape
        case invalidUTF8
        case controlCharacterInString
        case nestedTooDeep(limit: Int)
        case duplicateMember(String)
        case trailingBytes
    }

    package var reason: Reason
    /// In bytes from the start of the text.
    package var offset: Int
}

extension String {
    /// Text from a peer to quote in an error: complete if short enough to be a name, otherwise its beginning.
    package var quotedBack: String {
        utf8.count <= Self.longestQuoted
            ? self : String(decoding: utf8.prefix(Self.longestQuoted), as: UTF8.self) + "…"
    }

    /// In bytes; names are shorter.
    private static let longestQuoted = 256
}

/// An integer type that can be sent on the wire, where integers are signed 64-bit numbers.
package protocol WireInteger {
    /// Nil if it does not fit.
    init?(wire: Int64)

    /// The nearest value that fits on the wire.
    var wire: Int64 { get }
}

extension WireInteger where Self: FixedWidthInteger {
    package init?(wire: Int64) { self.init(exactly: wire) }
    package var wire: Int64 { Int64(clamping: self) }
}

extension Int: WireInteger {}
extension Int32: WireInteger {}
extension Int64: WireInteger {}
extension UInt8: WireInteger {}
extension UInt32: WireInteger {}
extension UInt64: WireInteger {}
