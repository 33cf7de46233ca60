extension JSONParser {
    /// Parses a string from its opening quotation mark to behind its closing one.
    mutating func string(_ text: Span<UInt8>) throws(JSONError) -> String {
        offset += 1
        var string = try plainCharacters(text)
        while try byte(text) == UInt8(ascii: "\\") {
            offset += 1
            string.unicodeScalars.append(try escape(text))
            string += try plainCharacters(text)
        }
        guard text[offset] == UInt8(ascii: "\"") else { throw error(.controlCharacterInString) }
        offset += 1
        return string
    }

    /// Parses characters up to the next quotation mark, backslash or control character.
    private mutating func plainCharacters(_ text: Span<UInt8>) throws(JSONError) -> String {
        let (start, (end, areASCII)) = (offset, text.plainCharacters(from: offset))
        offset = end
        guard areASCII else { return try utf8(text, start, end) }
        // ASCII is valid UTF-8.
        return unsafe String(copying: UTF8Span(unchecked: text.extracting(start..<end), isKnownASCII: true))
    }

    private mutating func escape(_ text: Span<UInt8>) throws(JSONError) -> Unicode.Scalar {
        guard offset < text.count else { throw error(.unexpectedEnd) }
        let letter = text[offset]
        offset += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape(text)
        default: throw error(.invalidEscape)
        }
    }

    /// Parses a code point or a pair of surrogates; rejects U+0000, which ends messages, and lone surrogates.
    private mutating func unicodeEscape(_ text: Span<UInt8>) throws(JSONError) -> Unicode.Scalar {
        let first = try fourDigits(text)
        var code = UInt32(first)
        if (0xd800...0xdbff).contains(first) {
            guard offset + 1 < text.count, text[offset] == UInt8(ascii: "\\"),
                text[offset + 1] == UInt8(ascii: "u")
            else { throw error(.invalidEscape) }
            offset += 2
            let second = try fourDigits(text)
            guard (0xdc00...0xdfff).contains(second) else { throw error(.invalidEscape) }
            code = 0x10000 + (UInt32(first) - 0xd800) << 10 + (UInt32(second) - 0xdc00)
        }
        guard code != 0, let scalar = Unicode.Scalar(code) else { throw error(.invalidEscape) }
        return scalar
    }

    private mutating func fourDigits(_ text: Span<UInt8>) throws(JSONError) -> UInt16 {
        var code: UInt16 = 0
        for _ in 0..<4 {
            guard offset < text.count else { throw error(.unexpectedEnd) }
            let digit: UInt8
            switch text[offset] {
            case let byte where (0x30...0x39).contains(byte): digit = byte - 0x30
            case let byte where (0x61...0x66).contains(byte | 0x20): digit = (byte | 0x20) - 0x61 + 10
            default: throw error(.invalidEscape)
            }
            code = code << 4 | UInt16(digit)
            offset += 1
        }
        return code
    }
}

extension Span<UInt8> {
    /// Returns the offset of the first quotation mark, backslash or control character at or after `start`, or
    /// the end of the text, and whether all bytes before it are ASCII.
    func plainCharacters(from start: Int) -> (end: Int, areASCII: Bool) {
        var (index, bits) = (start, UInt64(0))
        while index + 8 <= count {
            let word = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self)
            let plain = EightBytes.plainCharacters(UInt64(littleEndian: word))
            guard plain == 8 else {
                bits |= UInt64(littleEndian: word) & ((1 << (UInt64(plain) * 8)) - 1)
                return (index + plain, bits & EightBytes.highBits == 0)
            }
            bits |= word
            index += 8
        }
        while index < count {
            let byte = unsafe self[unchecked: index]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
            bits |= UInt64(byte)
            index += 1
        }
        return (index, bits & EightBytes.highBits == 0)
    }
}

/// Operations on eight bytes at once, in one word.
enum EightBytes {
    static let highBits: UInt64 = 0x8080_8080_8080_8080
    private static let ones: UInt64 = 0x0101_0101_0101_0101

    /// Returns the number of bytes, from the lowest, before a quotation mark, a backslash or a control
    /// character.
    ///
    /// A borrow from the byte above only affects bits above the one that counts.
    static func plainCharacters(_ word: UInt64) -> Int {
        (special(word) & highBits).trailingZeroBitCount / 8
    }

    /// Returns the number of bytes, from the lowest, before any of these, DEL or a byte that is not ASCII.
    static func plainASCII(_ word: UInt64) -> Int {
        ((special(word) | zeroes(word ^ ones &* 0x7f) | word) & highBits).trailingZeroBitCount / 8
    }

    /// Returns a word with a high bit set if and only if some byte is a quotation mark, a backslash or a
    /// control character; the lowest such bit belongs to the first such byte.
    private static func special(_ word: UInt64) -> UInt64 {
        let controls = (word &- ones &* 0x20) & ~word
        let quotes = zeroes(word ^ ones &* UInt64(UInt8(ascii: "\"")))
        let backslashes = zeroes(word ^ ones &* UInt64(UInt8(ascii: "\\")))
        return controls | quotes | backslashes
    }

    /// Returns a word with a high bit set if and only if some byte is zero; the lowest such bit belongs to
    /// the first one.
    private static func zeroes(_ word: UInt64) -> UInt64 { (word &- ones) & ~word }
}
