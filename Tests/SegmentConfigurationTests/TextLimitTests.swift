import SegmentModel
import Testing

@testable import SegmentConfiguration

/// Limits on what a file costs the parser, and what an error costs its receiver.
@Suite struct TextLimitTests {
    private static func repeated(_ part: String, _ count: Int, _ separator: String = ".") -> String {
        Array(repeating: part, count: count).joined(separator: separator)
    }

    /// Each is TOML that makes a parser recurse, or that is too long to quote.
    private static let beyond: [(text: String, message: String)] = [
        (repeated("a", 17) + " = 1", "a key has more than 16 parts"),
        ("[" + repeated("a", 17) + "]", "a key has more than 16 parts"),
        ("[[" + repeated("\"a\"", 17, " . ") + "]]", "a key has more than 16 parts"),
        ("x = {" + repeated("'a'", 17) + " = 1}", "a key has more than 16 parts"),
        ("x = [{" + repeated("a", 17) + " = 1}]", "a key has more than 16 parts"),
        ("x = " + repeated("[", 17, ""), "brackets are nested deeper than 16"),
        ("x = " + repeated("{a=", 17, ""), "brackets are nested deeper than 16"),
        ("x = " + repeated("[{a=", 9, ""), "brackets are nested deeper than 16"),
        (repeated("a", 16385, ""), "the line is longer than 16 KiB"),
        ("x = \"" + repeated("a", 16385, "") + "\"", "the line is longer than 16 KiB"),
        ("# " + repeated("a", 16385, ""), "the line is longer than 16 KiB"),
        ("x = \"\"\"" + repeated("a", 16385, "") + "\"\"\"", "the line is longer than 16 KiB"),
    ]

    @Test(arguments: beyond)
    func `depth and length are limited before the parser`(text: String, message: String) throws {
        let fixture = try ConfigurationFixture()
        try fixture.write("size = 1\n" + text, to: "segments.d/a.toml")
        #expect(
            fixture.problems().map { String($0.prefix { $0 != ";" }) } == [
                "segments.d/a.toml:2: is not TOML for segmentd: \(message)"
            ]
        )
    }

    private static let within: [String] = [
        "x = [\n\(repeated("1.5", 100, ",\n"))]", "x = [\(repeated("[]", 100, ", "))]",
        repeated("a", 16) + " = 1", "x = \"\(repeated("a", 100))\" # \(repeated("a", 100))",
        "x = \(repeated("[", 16, ""))\(repeated("]", 16, ""))",
    ]

    @Test(arguments: within)
    func `text within the limits reaches the parser`(text: String) throws {
        let fixture = try ConfigurationFixture()
        try fixture.write("size = 1\n" + text, to: "segments.d/a.toml")
        #expect(fixture.problems().count == 1)
        #expect(fixture.problems().first?.contains("is not a key that segmentd knows") == true)
    }

    @Test func `a hundred problems are listed and the rest counted`() throws {
        let fixture = try ConfigurationFixture()
        let keys = (100_000..<140_000).map { "k\($0) = 1" }.joined(separator: "\n")
        try fixture.write("size = 1\n" + keys, to: "segments.d/a.toml")
        let problems = fixture.problems()
        #expect(problems.count == 101)
        #expect(problems.first?.contains("k100000 is not a key") == true)
        #expect(problems.last == "\(fixture.directory): 39900 more problems; correct these first")
    }

    @Test func `text quoted in a problem is shortened and printable`() throws {
        let fixture = try ConfigurationFixture()
        let long = String(repeating: "é", count: 6000)
        try fixture.write("size = 1\n\"\(long)\" = 1\ngroup = 2", to: "segments.d/a.toml")
        try fixture.write("size = 1\nkeep = \"\(long)\"", to: "segments.d/b.toml")
        try fixture.write("size = 1\nkeep = \"\\u001b[2J\\u202e\"\n\"\\u0007\" = 1", to: "segments.d/c.toml")
        let problems = fixture.problems()
        #expect(problems.count == 5)
        #expect(problems.allSatisfy { $0.utf8.count < 1500 })
        #expect(problems.contains { $0.contains("keep `?[2J?` is not a keep policy") })
        #expect(problems.contains { $0.contains("c.toml:3: ? is not a key") })
    }

    @Test func `known keys are listed only if there are any`() throws {
        let fixture = try ConfigurationFixture()
        try fixture.write("size = 1\n[key]\nvalue = 7\nvery_long_word = 1", to: "segments.d/a.toml")
        try fixture.write("[administrators]\nfoo = 1\n[limits.deeper]\nfoo = 1", to: "segmentd.toml")
        #expect(!fixture.problems().contains { $0.hasSuffix("the keys here are ") })
        #expect(fixture.problems().contains { $0.hasSuffix("the keys here are path, project, value") })
    }
}

/// The scanner that runs before the parser.
@Suite struct TextDefectTests {
    private typealias Case = (text: String, kind: TextDefect.Kind?, line: Int)

    private static let deep = String(repeating: "[", count: 17)

    private static let strings: [Case] = [
        ("", nil, 0), ("\u{feff}size = 1", nil, 0), ("\u{feff}\(deep)", .tooDeep, 1),
        ("a = \"\(deep)\"\nb = '\(deep)'\n# \(deep)", nil, 0),
        ("a = \"\n\(deep)", .tooDeep, 2), ("a = \"\\\n\n\(deep)", .tooDeep, 3),
        ("a = \"\"\"\n\(deep)\n\"\"\"\"\"\n\(deep)", .tooDeep, 4), ("a = '''\\'''\n\(deep)", .tooDeep, 2),
        ("a = \"\\\"\"\n\(deep)", .tooDeep, 2), ("a = \"\\", nil, 0), ("a = \"\"\"\\", nil, 0),
    ]
    private static let limits: [Case] = [
        (String(repeating: "a", count: 16384), nil, 0), (String(repeating: "a", count: 16384) + "\n", nil, 0),
        ("\n" + String(repeating: "a", count: 16385), .lineTooLong, 2),
        (String(repeating: "a.", count: 16) + "a", .tooManyParts, 1),
        (String(repeating: "a.", count: 15) + "a = 1.5", nil, 0),
        ("a = " + String(repeating: "[", count: 16), nil, 0),
        ("\n" + String(repeating: "{", count: 17), .tooDeep, 2),
        (String(repeating: "[a]\n", count: 100), nil, 0),
    ]

    @Test(arguments: strings + limits)
    func `the first limit that a text exceeds is reported with its line`(
        text: String,
        kind: TextDefect.Kind?,
        line: Int
    ) {
        let defect = TextDefect(in: text)
        #expect(defect?.kind == kind)
        #expect(defect?.line ?? 0 == line)
    }
}
