/// A segment's name: 1…63 characters of `[a-z0-9._-]`, the first a letter or digit; also its file's name.
public struct SegmentName: Hashable, Sendable {
    /// The name as text.
    public let string: String

    /// Fails if the text is not a segment's name.
    public init?(_ string: String) {
        let bytes = string.utf8
        guard let first = bytes.first, bytes.count <= 63, Self.mayStart(first),
            bytes.allSatisfy({
                Self.mayStart($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_")
                    || $0 == UInt8(ascii: "-")
            })
        else { return nil }
        self.string = string
    }

    private static func mayStart(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

extension SegmentName: Comparable, CustomStringConvertible {
    /// In order of bytes.
    public static func < (left: SegmentName, right: SegmentName) -> Bool {
        left.string < right.string
    }

    /// The name as text.
    public var description: String { string }
}
