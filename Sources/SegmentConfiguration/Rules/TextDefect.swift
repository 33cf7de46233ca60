/// Why a text is not read: the parser says so, or it is refused before, because the parser recurses into every part of
/// a key and every bracket.
struct TextDefect: Error, Equatable {
    enum Kind: Equatable {
        case tooManyParts, tooDeep, lineTooLong, nulCharacter
        /// In the parser's words.
        case notTOML(String)
    }

    /// The parts of a dotted key, and how deep brackets may be nested.
    static let mostParts = 16
    static let deepest = 16
    /// In bytes.
    static let longestLine = 16 << 10

    let kind: Kind
    /// Counted from 1.
    let line: Int

    init(kind: Kind, line: Int) {
        (self.kind, self.line) = (kind, line)
    }

    /// The first limit that a text passes; nil where it keeps to all.
    init?(in text: String) {
        var scanner = TextScanner(text)
        guard let kind = scanner.find() else { return nil }
        self.kind = kind
        line = scanner.line
    }

    var message: String {
        switch kind {
        case .notTOML(let failure): "is not TOML: \(failure)"
        case .tooManyParts: "is not TOML for segmentd: a key has more than \(Self.mostParts) parts"
        case .tooDeep: "is not TOML for segmentd: brackets are nested deeper than \(Self.deepest)"
        case .lineTooLong: "is not TOML for segmentd: the line is longer than \(Self.longestLine >> 10) KiB"
        case .nulCharacter: "is not TOML for segmentd: a string contains a NUL character"
        }
    }

    var remedy: String {
        switch kind {
        case .notTOML: "correct the line"
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
    /// How many brackets are not closed.
    private var depth = 0
    /// Of the key that is being read; a number has one at most.
    private var dots = 0

    init(_ text: String) {
        self.text = Array(text.utf8)
    }

    private func byte(_ ahead: Int = 0) -> UInt8? {
        offset + ahead < text.count ? text[offset + ahead] : nil
    }

    mutating func find() -> TextDefect.Kind? {
        while let byte = byte() {
            switch byte {
            case UInt8(ascii: "#"):
                while let next = self.byte(1), next != UInt8(ascii: "\n") { offset += 1 }
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                if let defect = skipString(byte) { return defect }
                continue
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                dots = 0
                depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth = max(0, depth - 1)
            case UInt8(ascii: "\n"), UInt8(ascii: ","), UInt8(ascii: "="): dots = 0
            case UInt8(ascii: "."): dots += 1
            default: break
            }
            if depth > TextDefect.deepest { return .tooDeep }
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
                if let defect = advance() { return defect }
                guard self.byte() != nil else { return nil }
            }
            if let defect = advance() { return defect }
        }
        return nil
    }
}
