/// The reason a text cannot be parsed.
///
/// Limits are checked before parsing, because the parser recurses into every part of a key and every bracket.
struct TextDefect: Error, Equatable {
    enum Kind: Equatable {
        case tooManyParts, tooDeep, lineTooLong, nulCharacter
        /// With the parser's message.
        case notTOML(String)
    }

    /// The most parts of a dotted key, and the deepest nesting of brackets.
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

    /// Returns the first limit that a text exceeds; nil if it exceeds none.
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
        case .notTOML(let failure) where failure.contains("leading zero"): "quote a mode: `mode = \"0660\"`"
        case .notTOML: "correct the line"
        case .tooManyParts, .tooDeep: "every key of segmentd has one or two parts"
        case .lineTooLong: "break the line"
        case .nulCharacter: "remove it"
        }
    }
}

/// A scanner that knows only enough TOML to tell brackets and dots from those in strings and comments.
private struct TextScanner {
    private let text: [UInt8]
    private var offset = 0
    private(set) var line = 1
    private var lineStart = 0
    /// The number of open brackets.
    private var depth = 0
    /// The dots of the current key; a number has at most one.
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

    /// Moves on by one byte and checks the length of the line, inside strings too.
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

    /// Skips a string from its opening quotation mark to behind its closing one; a single-line string ends
    /// with its line.
    private mutating func skipString(_ quote: UInt8) -> TextDefect.Kind? {
        let isLong = byte(1) == quote && byte(2) == quote
        offset += isLong ? 3 : 1
        while let byte = byte() {
            if byte == quote, !isLong || (self.byte(1) == quote && self.byte(2) == quote) {
                if isLong { offset += 2 }
                // A long string may end with up to two more quotation marks.
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
