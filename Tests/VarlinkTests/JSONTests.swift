import Testing

@testable import Varlink

@Suite struct JSONTests {
    @Test(arguments: [
        ("null", JSON.null), (" true ", .bool(true)), ("-12", .integer(-12)), ("0", .integer(0)),
        ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
        ("9223372036854775808", .float(0x1p63)), ("-0", .integer(0)), (#""é\u00e9é""#, .string("ééé")),
        ("92233720368547758070", .float(0x1p63 * 10)), ("1E1", .float(10)),
        ("1.5e1", .float(15)), ("1.0", .float(1)),
        (#""a\u00e9\ud83d\ude00\/\n""#, .string("aé😀/\n")), ("[]", .array([])),
        ("[1,[2]]", .array([.integer(1), .array([.integer(2)])])),
    ])
    func `well-formed text is read`(text: String, value: JSON) throws {
        #expect(try JSON(parsing: Array(text.utf8).span) == value)
    }

    @Test(arguments: [
        "", " ", "nul", "tru", "01", "-", "1.", ".5", "1e", "+1", "NaN", "[1,]", "[,1]", "{\"a\":1,}",
        "{a:1}",
        "{\"a\":1,\"a\":2}", "{\"a\" 1}", "'a'", "\"a", "\"\u{1}\"", #""\u0000""#, #""\ud800""#, #""\udc00""#,
        #""\ud800\u0041""#, #""\x""#, #""\u12g4""#, "\u{feff}{}", "{} {}", "[1 2]", "[1;2]",
        "{\"a\":1;\"b\":2}", "1e999",
        "\"12345678\u{1}\"", "\"1234567\u{1f}89012345\"",
    ])
    func `malformed text is refused`(text: String) {
        #expect(throws: JSONError.self) { try JSON(parsing: Array(text.utf8).span) }
    }

    @Test(arguments: [0, 7, 8, 30], [0, 7, 8, 30])
    func `invalid UTF-8 is refused anywhere`(before: Int, after: Int) {
        let plain = [UInt8](repeating: 0x61, count: 30)
        let text = [0x22] + plain.prefix(before) + [0xc0, 0x80] + plain.prefix(after) + [0x22]
        #expect(throws: JSONError(reason: .invalidUTF8, offset: 1)) { try JSON(parsing: text.span) }
    }

    @Test func `nesting is limited`() throws {
        let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        _ = try JSON(parsing: Array(deep.utf8).span)
        #expect(throws: JSONError(reason: .nestedTooDeep(limit: 64), offset: 64)) {
            try JSON(parsing: Array("[\(deep)]".utf8).span)
        }
    }

    @Test(arguments: [0, 15, 16, 20, 39])
    func `a duplicate is found among many members`(of number: Int) {
        let members = (0..<40).map { "\"m\($0)\":0" } + ["\"m\(number)\":1"]
        #expect(throws: JSONError.self) {
            try JSON(parsing: Array("{\(members.joined(separator: ","))}".utf8).span)
        }
    }

    @Test(arguments: ["{\"a\":[1,-2,null,true,\"x\\\"\\\\\\u0001\"],\"b\":{\"c\":[]}}", "[]", "\"é\""])
    func `encoding a parsed value yields the original`(text: String) throws {
        let writer = JSONWriter()
        try JSON(parsing: Array(text.utf8).span).encode(to: writer)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == text)
    }

    @Test func `members are separated by commas, names and values by colons`() {
        let writer = JSONWriter()
        writer.beginObject()
        writer.member("a", "x")
        writer.member("b", nil as String?)
        writer.member("c", [] as [String])
        writer.member("d", ["y", "z"])
        writer.member("e", -1)
        writer.member("f", true)
        writer.endObject()
        let text = #"{"a":"x","b":null,"c":[],"d":["y","z"],"e":-1,"f":true}"#
        #expect(String(decoding: writer.bytes, as: UTF8.self) == text)
    }

    @Test func `numbers beyond signed 64 bits are written as the largest`() {
        let writer = JSONWriter()
        writer.value(UInt64.max)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "9223372036854775807")
    }

    @Test func `U+0000 is never written`() {
        let writer = JSONWriter()
        writer.value("a\0b")
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "\"a\u{fffd}b\"")
    }

    @Test func `control characters are escaped anywhere, and nothing else`() throws {
        for before in 0...17 {
            for code in [1...0x1f, 0x20...0x20, 0x22...0x22, 0x5c...0x5c, 0x7e...0xa1, 0x2028...0x2028]
                .joined()
            {
                let scalar = try #require(Unicode.Scalar(UInt32(code)))
                let text =
                    String(repeating: "é", count: before / 2) + String(repeating: "a", count: before % 2 * 7)
                    + String(scalar) + "ä\u{bf}z"
                let writer = JSONWriter()
                writer.value(text)
                let json = String(decoding: writer.bytes, as: UTF8.self)
                let isEscaped = code < 0x20 || (0x7f...0x9f).contains(code)
                #expect(json.unicodeScalars.contains { $0.properties.generalCategory == .control } == false)
                #expect(json.contains("\\u00") == isEscaped, "\(code) after \(before)")
                #expect(try JSON(parsing: writer.bytes.span) == .string(text))
            }
        }
        let writer = JSONWriter()
        writer.value("\u{1b}[2J\u{9b}31m\u{7f}")
        #expect(String(decoding: writer.bytes, as: UTF8.self) == #""\u001b[2J\u009b31m\u007f""#)
    }
}

@Suite struct ParameterReaderTests {
    private func reader(_ text: String) throws -> ParameterReader {
        guard case .object(let object) = try JSON(parsing: Array(text.utf8).span) else {
            preconditionFailure("\(text) is no object")
        }
        return ParameterReader(object)
    }

    @Test func `null and a missing member are the same`() throws {
        var reader = try reader(#"{"a":null}"#)
        #expect(try reader.optionalString("a") == nil)
        #expect(try reader.optionalString("b") == nil)
        #expect(throws: InvalidParameter("a")) { try reader.string("a") }
        #expect(throws: InvalidParameter("b")) { try reader.string("b") }
        try reader.finish()
    }

    @Test func `undeclared members are named`() throws {
        var reader = try reader(#"{"a":"x","b":1,"c":2}"#)
        #expect(try reader.string("a") == "x")
        #expect(throws: InvalidParameter("b")) { try reader.finish() }
    }

    @Test func `of too many members, an undeclared one is named`() throws {
        let members = (0..<70).map { "\"m\($0)\":0" }.joined(separator: ",")
        var reader = try reader("{\(members)}")
        for number in 0..<70 { _ = try reader.integer("m\(number)", as: Int.self) }
        #expect(throws: InvalidParameter.self) { try reader.finish() }
    }

    @Test func `an integer that does not fit is refused, not truncated`() throws {
        var reader = try reader(#"{"a":256,"b":-1,"c":255,"d":1.5}"#)
        #expect(throws: InvalidParameter("a")) { try reader.integer("a", as: UInt8.self) }
        #expect(throws: InvalidParameter("b")) { try reader.integer("b", as: UInt64.self) }
        #expect(try reader.integer("c", as: UInt8.self) == 255)
        #expect(throws: InvalidParameter("d")) { try reader.integer("d", as: Int.self) }
    }
}
