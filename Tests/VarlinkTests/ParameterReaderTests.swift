import Testing

@testable import Varlink

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

    @Test func `what nobody asked for is named`() throws {
        var reader = try reader(#"{"a":"x","b":1,"c":2}"#)
        #expect(try reader.string("a") == "x")
        #expect(throws: InvalidParameter("b")) { try reader.finish() }
    }

    @Test func `of more members than anybody declares one is named`() throws {
        let members = (0..<70).map { "\"m\($0)\":0" }.joined(separator: ",")
        var reader = try reader("{\(members)}")
        for number in 0..<70 { _ = try reader.integer("m\(number)", as: Int.self) }
        #expect(throws: InvalidParameter.self) { try reader.finish() }
    }

    @Test func `an integer that does not fit is refused, not cut`() throws {
        var reader = try reader(#"{"a":256,"b":-1,"c":255,"d":1.5}"#)
        #expect(throws: InvalidParameter("a")) { try reader.integer("a", as: UInt8.self) }
        #expect(throws: InvalidParameter("b")) { try reader.integer("b", as: UInt64.self) }
        #expect(try reader.integer("c", as: UInt8.self) == 255)
        #expect(throws: InvalidParameter("d")) { try reader.integer("d", as: Int.self) }
    }
}
