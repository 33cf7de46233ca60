/// What toml++ does not refuse but ends the process for: the head of a table without a name, such as `[ = 1`, and a
/// brace where an array goes on, such as `a = [}`.
enum BracketDefect {
    /// Line numbers count from 1.
    case namelessTable(line: Int)
    case braceInArray(line: Int)

    /// The first one in a text; nil where there is none.
    init?(in text: String) {
        var search = BracketSearch(text)
        guard let found = search.find() else { return nil }
        self = found
    }

    var line: Int {
        switch self {
        case .namelessTable(let line), .braceInArray(let line): line
        }
    }

    var message: String {
        switch self {
        case .namelessTable: "the table has no name"
        case .braceInArray: "there is a brace where the array goes on"
        }
    }
}

/// It knows of TOML no more than where brackets mean something: not in strings and remarks.
private struct BracketSearch {
    private let text: [UInt8]
    private var offset = 0
    private var line = 1
    /// The brackets that are not closed.
    private var open: [UInt8] = []
    private var isLineStart = true

    init(_ text: String) {
        self.text = Array(text.utf8)
        if self.text.starts(with: [0xef, 0xbb, 0xbf]) { offset = 3 }
    }

    private func byte(_ ahead: Int = 0) -> UInt8? {
        offset + ahead < text.count ? text[offset + ahead] : nil
    }

    mutating func find() -> BracketDefect? {
        while let byte = byte() {
            switch byte {
            case UInt8(ascii: "\n"):
                line += 1
                isLineStart = true
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): break
            case UInt8(ascii: "#"):
                while let next = self.byte(1), next != UInt8(ascii: "\n") { offset += 1 }
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                isLineStart = false
                skipString(byte)
            case UInt8(ascii: "["):
                if isLineStart, open.isEmpty, !isNamed() { return .namelessTable(line: line) }
                isLineStart = false
                open.append(byte)
            case UInt8(ascii: "{"): open.append(byte)
            case UInt8(ascii: "}"):
                if open.popLast() == UInt8(ascii: "[") { return .braceInArray(line: line) }
            case UInt8(ascii: "]"): _ = open.popLast()
            default: isLineStart = false
            }
            offset += 1
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

    /// From an opening quotation mark to the closing one, or three of them; a string of one line ends with it.
    private mutating func skipString(_ quote: UInt8) {
        let isLong = byte(1) == quote && byte(2) == quote
        offset += isLong ? 3 : 1
        while let byte = byte() {
            if byte == quote, !isLong || (self.byte(1) == quote && self.byte(2) == quote) {
                if isLong { offset += 2 }
                // Up to two more may stand before the end of a long one.
                while isLong, self.byte(1) == quote { offset += 1 }
                return
            }
            if byte == UInt8(ascii: "\n") {
                guard isLong else {
                    offset -= 1
                    return
                }
                line += 1
            }
            if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                offset += 1
                if self.byte() == UInt8(ascii: "\n") { line += 1 }
            }
            offset += 1
        }
    }
}
