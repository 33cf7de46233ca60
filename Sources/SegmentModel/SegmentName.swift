/// A segment's name: 1 to 63 characters of `[a-z0-9._-]`, the first a letter or digit.
///
/// Write a name in the source as a string literal. A name that arrives as text, from a command line or a file, may be
/// invalid:
///
/// ```swift
/// let segment = try client.attach("telemetry")
///
/// if let name = SegmentName(CommandLine.arguments[1]) {
///     print(try client.segment(named: name).state)
/// } else {
///     print("not a segment's name")
/// }
/// ```
///
/// A literal is not checked where it is written, since a typing error must not end the program: a literal that breaks
/// the rule names no segment, and every request with it fails with `noSuchSegment`. `SegmentName("telemetry")` is a
/// literal, too: it is neither optional nor checked. Only text in a variable is.
public struct SegmentName: Hashable, Sendable {
    /// The name as text.
    package let string: String

    /// Creates a name from text, or returns nil if the text breaks the rule for names.
    public init?(_ description: String) {
        let bytes = description.utf8
        guard let first = bytes.first, bytes.count <= 63, Self.mayStart(first),
            bytes.allSatisfy({
                Self.mayStart($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_")
                    || $0 == UInt8(ascii: "-")
            })
        else { return nil }
        string = description
    }

    /// A name as a daemon sends it, which may be newer and follow a wider rule: printable ASCII without `/`.
    package init?(received string: String) {
        let bytes = string.utf8
        guard (1...255).contains(bytes.count),
            bytes.allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "/") })
        else { return nil }
        self.string = string
    }

    /// Any text, for requests: the broker answers one that is no name with `NoSuchSegment`.
    package init(unchecked string: String) {
        self.string = string
    }

    private static func mayStart(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

extension SegmentName: ExpressibleByStringLiteral {
    /// Creates a name from a literal; see the type's description for what becomes of an invalid one.
    public init(stringLiteral value: String) {
        self.init(unchecked: value)
    }
}

extension SegmentName: Comparable, LosslessStringConvertible {
    /// Compares by bytes.
    public static func < (left: SegmentName, right: SegmentName) -> Bool {
        left.string < right.string
    }

    /// The name as text.
    public var description: String { string }
}
