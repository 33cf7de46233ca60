/// What is refused before toml++ sees it: what it would end the process for, and what would be cut on the way here.
///
/// It ends the process for the head of a table without a name (`[ = 1`) and for a brace where an array goes on
/// (`a = [}`), and it recurses into every part of a key and every bracket. Its strings reach Swift as C strings.
struct TextDefect: Equatable {
    enum Kind: Equatable {
        case namelessTable, braceInArray, tooManyParts, tooDeep, lineTooLong, nulCharacter
    }

    /// The parts of a dotted key, and how deep brackets may be nested.
    static let mostParts = 16
    static let deepest = 16
    /// In bytes.
    static let longestLine = 16 << 10

    let kind: Kind
    /// Counted from 1.
    let line: Int

    /// The first one in a text; nil where there is none.
    init?(in text: String) {
        var scanner = TextScanner(text)
        guard let kind = scanner.find() else { return nil }
        self.kind = kind
        line = scanner.line
    }

    var message: String {
        switch kind {
        case .namelessTable: "is not TOML: the table has no name"
        case .braceInArray: "is not TOML: there is a brace where the array goes on"
        case .tooManyParts: "is not TOML for segmentd: a key has more than \(Self.mostParts) parts"
        case .tooDeep: "is not TOML for segmentd: brackets are nested deeper than \(Self.deepest)"
        case .lineTooLong: "is not TOML for segmentd: the line is longer than \(Self.longestLine >> 10) KiB"
        case .nulCharacter: "is not TOML for segmentd: a string contains a NUL character"
        }
    }

    var remedy: String {
        switch kind {
        case .namelessTable, .braceInArray: "correct the line"
        case .tooManyParts, .tooDeep: "every key of segmentd has one or two parts"
        case .lineTooLong: "break the line"
        case .nulCharacter: "take it out"
        }
    }
}

/// It knows of TOML no more than where brackets and dots mean something: not in strings and remarks.
private struct TextScanner {
    private let text: [UInt8]
    private var offset = 0
    private(set) var line = 1
    private var lineStart = 0
    /// The brackets that are not closed.
    private var open: [UInt8] = []
    private var isLineStart = true
    /// Of the key that is being read; a number has one at most.
    private var dots = 0

    init(_ text: String) {
        self.text = Array(text.utf8)
        if self.text.starts(with: [0xef, 0xbb, 0xbf]) { offset = 3 }
    }

    private func byte(_ ahead: Int = 0) -> UInt8? {
        offset + ahead < text.count ? text[offset + ahead] : nil
    }

    mutating func find() -> TextDefect.Kind? {
        while let byte = byte() {
            switch byte {
            case UInt8(ascii: "\n"):
                isLineStart = true
                dots = 0
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): break
            case UInt8(ascii: "#"):
                while let next = self.byte(1), next != UInt8(ascii: "\n") { offset += 1 }
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                isLineStart = false
                if let defect = skipString(byte) { return defect }
                continue
            case UInt8(ascii: "["):
                if isLineStart, open.isEmpty, !isNamed() { return .namelessTable }
                isLineStart = false
                dots = 0
                open.append(byte)
            case UInt8(ascii: "{"):
                dots = 0
                open.append(byte)
            case UInt8(ascii: "}"):
                if open.popLast() == UInt8(ascii: "[") { return .braceInArray }
            case UInt8(ascii: "]"): _ = open.popLast()
            case UInt8(ascii: ","), UInt8(ascii: "="): dots = 0
            case UInt8(ascii: "."):
                isLineStart = false
                dots += 1
            default: isLineStart = false
            }
            if open.count > TextDefect.deepest { return .tooDeep }
            if dots >= TextDefect.mostParts { return .tooManyParts }
            if let defect = advance() { return defect }
        }
        return nil
    }

    /// One byte on; every line is measured here, those inside strings too.
    private mutating func advance() -> TextDefect.Kind? {
        let isEnd = byte() == UInt8(ascii: "\n")
        offset += 1
        if offset - lineStart > TextDefect.longestLine + (isEnd ? 1 : 0) { return .lineTooLong }
        if isEnd {
            line += 1
            lineStart = offset
        }
        return nil
    }

    /// Whether a name begins behind the brackets of a head; an end is an error that toml++ names.
    private func isNamed() -> Bool {
        var rest = text[(offset + 1)...].drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        if rest.first == UInt8(ascii: "[") {
            rest = rest.dropFirst().drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        }
        guard let first = rest.first else { return true }
        return switch first {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
            UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "]"):
            true
        default: false
        }
    }

    /// From an opening quotation mark to behind the closing one, or three of them; a string of one line ends with it.
    private mutating func skipString(_ quote: UInt8) -> TextDefect.Kind? {
        let isLong = byte(1) == quote && byte(2) == quote
        offset += isLong ? 3 : 1
        while let byte = byte() {
            if byte == quote, !isLong || (self.byte(1) == quote && self.byte(2) == quote) {
                if isLong { offset += 2 }
                // Up to two more may stand before the end of a long one.
                while isLong, self.byte(1) == quote { offset += 1 }
                return advance()
            }
            if byte == UInt8(ascii: "\n"), !isLong { return nil }
            if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                if isNUL() { return .nulCharacter }
                if let defect = advance() { return defect }
                guard self.byte() != nil else { return nil }
            }
            if let defect = advance() { return defect }
        }
        return nil
    }

    /// Whether the escape here is `\u0000`, `\U00000000` or `\x00`.
    private func isNUL() -> Bool {
        let digits: Int
        switch byte(1) {
        case UInt8(ascii: "u"): digits = 4
        case UInt8(ascii: "U"): digits = 8
        case UInt8(ascii: "x"): digits = 2
        default: return false
        }
        return (2..<2 + digits).allSatisfy { byte($0) == UInt8(ascii: "0") }
    }
}
