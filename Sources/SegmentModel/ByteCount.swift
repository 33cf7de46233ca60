/// A number of bytes, written as in `"16 MiB"`; compare and compute with ``bytes``.
///
/// ```swift
/// let size = try client.segment(named: "telemetry").size
/// print("\(size), or \(size.bytes) bytes")
/// ```
public struct ByteCount: Hashable, Sendable {
    /// The number.
    public let bytes: UInt64

    /// Creates a count of this many bytes.
    public init(bytes: UInt64) {
        self.bytes = bytes
    }

    /// Parses a decimal integer with a unit, B, KiB, MiB, GiB or TiB, with or without a space between.
    ///
    /// Fails on anything else, on a missing unit, and if the result does not fit in 64 bits.
    public init?(_ text: String) {
        guard let (digits, shift) = Self.parts(text), let number = UInt64(digits),
            number <= UInt64.max >> shift
        else { return nil }
        bytes = number << shift
    }

    /// Parses the same text, but a result that does not fit in 64 bits becomes the largest value.
    package init?(saturating text: String) {
        guard let (digits, shift) = Self.parts(text) else { return nil }
        let number = UInt64(digits) ?? .max
        bytes = number <= UInt64.max >> shift ? number << shift : .max
    }

    private static func parts(_ text: String) -> (digits: Substring, shift: UInt64)? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }
        guard !digits.isEmpty, let shift = units.first(where: { $0.name == unit })?.shift else { return nil }
        return (digits, shift)
    }

    private static let units: [(name: String, shift: UInt64)] = [
        ("B", 0), ("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40),
    ]
}

extension ByteCount: CustomStringConvertible {
    /// The count in the largest unit that leaves a whole number: `16 MiB`, `1000 B`.
    public var description: String {
        let unit = Self.units.last { bytes != 0 && bytes & (1 << $0.shift - 1) == 0 } ?? Self.units[0]
        return "\(bytes >> unit.shift) \(unit.name)"
    }
}
