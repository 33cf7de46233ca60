import SegmentModel
import Testing

@testable import SegmentConfiguration

/// A value is used exactly as written or refused: never truncated, wrapped or clamped.
@Suite struct ScalarTests {
    @Test(arguments: [
        ("group = \"a\\u0000b\"", 2), ("group = \"\"\"\na\\U00000000\"\"\"", 2),
        ("\"gro\\u0000up\" = \"a\"", 2),
        ("key = {path = \"/x\\u0000\"}", 2),
    ])
    func `a NUL character in a string is refused with its line`(text: String, line: Int) throws {
        let fixture = try ConfigurationFixture()
        try fixture.write("size = 1\n\(text)", to: "segments.d/a.toml")
        #expect(
            fixture.problems() == [
                "segments.d/a.toml:\(line): is not TOML for segmentd: a string contains a NUL character; remove it"
            ]
        )
    }

    @Test(arguments: ["'a\\u0000b'", "\"a\\\\u0000b\"", "\"\"\"a\\\\u0000\"\"\""])
    func `a backslash that escapes nothing is no NUL character`(value: String) throws {
        let fixture = try ConfigurationFixture()
        try fixture.write("size = 1\ndescription = \(value)", to: "segments.d/a.toml")
        #expect(fixture.problems() == [])
    }

    @Test(arguments: [
        ("9223372036854775808 B", "`9223372036854775808 B`"), ("8388608 TiB", "`8388608 TiB`"),
        ("18446744073709551615 B", "`18446744073709551615 B`"),
        ("9007199254740992 KiB", "`9007199254740992 KiB`"),
    ])
    func `a size that does not fit in 63 bits is refused with its text`(
        size: String,
        found: String
    ) throws {
        let fixture = try ConfigurationFixture()
        try fixture.write("size = \"\(size)\"", to: "segments.d/a.toml")
        #expect(
            fixture.problems() == [
                "segments.d/a.toml:1: size \(found) is larger than any segment; write at most 9223372036854775807 bytes, such as `size = \"16 MiB\"`"
            ]
        )
    }

    @Test func `the largest size fits`() throws {
        let fixture = try ConfigurationFixture()
        try fixture.write("size = 9223372036854775807", to: "segments.d/a.toml")
        try fixture.write("size = \"9223372036854775807 B\"", to: "segments.d/b.toml")
        #expect(try fixture.read().segments.map(\.size.bytes) == [1 << 63 - 1, 1 << 63 - 1])
    }

    @Test(arguments: [
        "size = 9223372036854775808", "size = 0x8000000000000000", "size = 0xffffffffffffffff",
        "size = 0o1777777777777777777777", "size = -9223372036854775809",
        "size = 1\n[key]\nvalue = 0x1_0000_0000",
        "size = 1\n[key]\nvalue = -2147483649", "size = 1\n[key]\npath = \"/x\"\nproject = 256",
        "size = 1\nlinger = \"9223372036854775808 ms\"\nkeep = \"while-used\"",
        "size = 1\nlinger = \"2562047788015216 h\"\nkeep = \"while-used\"",
    ])
    func `an integer that does not fit is refused`(text: String) throws {
        let fixture = try ConfigurationFixture()
        try fixture.write(text, to: "segments.d/a.toml")
        #expect(fixture.problems().count == 1)
    }
}
