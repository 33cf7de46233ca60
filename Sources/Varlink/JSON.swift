/// A value of JSON text; RFC 8259, read as strictly as Varlink wants it.
package enum JSON: Equatable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// Everything written with a fraction or an exponent, and integers that 64 bits do not hold.
    case float(Double)
    case string(String)
    case array([JSON])
    case object(JSONObject)
}

/// The members of a JSON object, in the order of the text, no name twice.
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
        // As many as the answer to Acquire has, so that the array need not grow step by step.
        if members.isEmpty { members.reserveCapacity(9) }
        members.append(Member(name: name, value: value))
    }
}

/// Where and why a text is not JSON.
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
    /// What a peer has sent, as it is sent back in an error: whole where it may be a name, else its beginning.
    package var quotedBack: String {
        utf8.count <= Self.longestQuoted
            ? self : String(decoding: utf8.prefix(Self.longestQuoted), as: UTF8.self) + "…"
    }

    /// In bytes: a name is shorter.
    private static let longestQuoted = 256
}

/// An integer that goes over the wire: there it has 64 bits and a sign, whatever it has here.
package protocol WireInteger {
    /// Nil if it does not fit.
    init?(wire: Int64)

    /// The nearest that fits.
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
