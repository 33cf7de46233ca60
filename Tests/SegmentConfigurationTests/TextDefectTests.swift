import Testing

@testable import SegmentConfiguration

/// The scanner in front of the parser, by itself.
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
    func `the first limit that a text passes has its kind and line`(
        text: String,
        kind: TextDefect.Kind?,
        line: Int
    ) {
        let defect = TextDefect(in: text)
        #expect(defect?.kind == kind)
        #expect(defect?.line ?? 0 == line)
    }
}
