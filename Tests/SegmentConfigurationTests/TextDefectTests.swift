import Testing

@testable import SegmentConfiguration

/// The scanner in front of the parser, by itself.
@Suite struct TextDefectTests {
    private typealias Case = (text: String, kind: TextDefect.Kind?, line: Int)

    private static let brackets: [Case] = [
        ("", nil, 0), ("\u{feff}size = 1", nil, 0), ("\u{feff}[ = 1", .namelessTable, 1),
        ("\n\n[ = 1", .namelessTable, 3), ("a = [}", .braceInArray, 1), ("a = [\n#]\n}", .braceInArray, 3),
        ("a = \"[}\"\nb = '[}'\n# [}", nil, 0),
    ]
    private static let strings: [Case] = [
        ("a = \"\n[ = 1", .namelessTable, 2), ("a = \"\\\n\n[ = 1", .namelessTable, 3),
        ("a = \"\"\"\n[}\n\"\"\"\"\"\n[ = 1", .namelessTable, 4), ("a = '''\\'''\n[ = 1", .namelessTable, 2),
        ("a = \"\\\"\"\n[ = 1", .namelessTable, 2), ("a = \"\\", nil, 0), ("a = \"\"\"\\", nil, 0),
    ]
    private static let escapes: [Case] = [
        ("a = \"\\u000", nil, 0), ("a = \"\\u0000", .nulCharacter, 1),
        ("a = \"\"\"\n\n\\x00", .nulCharacter, 3),
        ("a = \"\\\\u0000\"", nil, 0), ("a = '\\u0000'", nil, 0), ("# \\u0000", nil, 0),
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

    @Test(arguments: brackets + strings + escapes + limits)
    func `a text's first defect has its kind and line`(
        text: String,
        kind: TextDefect.Kind?,
        line: Int
    ) {
        let defect = TextDefect(in: text)
        #expect(defect?.kind == kind)
        #expect(defect?.line ?? 0 == line)
    }
}
