import SegmentModel

extension ByteCount {
    /// Reads a number of bytes, at least 1: an integer, or a string with a unit.
    init?(_ key: String, wanted: String, example: String, _ reader: inout TOMLReader) {
        switch reader.scalar(key, wanted: wanted, example: example) {
        case nil: return nil
        case .integer(let integer):
            guard integer > 0 else {
                reader.note(key, "\(integer) is not a size", "write at least 1 byte, such as `\(example)`")
                return nil
            }
            self.init(bytes: UInt64(integer))
        case .string(let text):
            guard let count = ByteCount(saturating: text), count.bytes > 0 else {
                reader.note(
                    key,
                    "`\(text)` is not a size",
                    "write bytes as an integer, or a string with B, KiB, MiB, GiB or TiB, such as `\(example)`"
                )
                return nil
            }
            guard count.bytes <= Int64.max else {
                reader.note(
                    key,
                    "`\(text)` is larger than any segment",
                    "write at most \(Int64.max) bytes, such as `\(example)`"
                )
                return nil
            }
            self = count
        }
    }
}

extension Duration {
    /// About 31 years.
    private static let mostMilliseconds: Int64 = 1_000_000_000_000

    /// Reads a time with a unit: ms, s, min or h.
    init?(_ key: String, _ reader: inout TOMLReader) {
        let example = "\(key) = \"30 s\""
        guard let text = reader.string(key, example: example) else { return nil }
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }
        let milliseconds: Int64? =
            switch unit {
            case "ms": 1
            case "s": 1000
            case "min": 60_000
            case "h": 3_600_000
            default: nil
            }
        guard let milliseconds, !digits.isEmpty else {
            reader.note(
                key,
                "`\(text)` is not a time",
                "write a number with ms, s, min or h, such as `\(example)`"
            )
            return nil
        }
        guard let number = Int64(digits), number <= Self.mostMilliseconds / milliseconds else {
            reader.note(
                key,
                "`\(text)` is too long",
                "write at most \(Self.mostMilliseconds / 3_600_000) h, such as `\(example)`"
            )
            return nil
        }
        self = .milliseconds(number * milliseconds)
    }
}
