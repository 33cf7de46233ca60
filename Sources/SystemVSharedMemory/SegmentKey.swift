/// The number by which programs look up a System V shared memory segment: `key_t` of shmget(2).
///
/// ```swift
/// let segment = try client.segment(named: "telemetry")
/// if let key = segment.key {
///     print(key, segment.keyProjectID.map { "of project \($0)" } ?? "as declared")
/// }
/// ```
public struct SegmentKey: RawRepresentable, Hashable, Sendable {
    /// The signed `key_t`, as shmget(2) takes it.
    public let rawValue: Int32

    /// Creates a key from its signed number.
    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// Creates a key from its 32 bits, the number that ipcs(1) and ftok(3) users write in hexadecimal.
    package init(bits: UInt32) {
        self.init(rawValue: Int32(bitPattern: bits))
    }

    /// `IPC_PRIVATE`: names no segment; each shmget(2) with it creates a new one.
    public static let `private` = SegmentKey(rawValue: 0)

    /// The same 32 bits, unsigned.
    public var bits: UInt32 { UInt32(bitPattern: rawValue) }

    /// The highest eight bits: the `proj_id`, if ftok(3) made this key.
    public var projectID: UInt8 { UInt8(truncatingIfNeeded: bits >> 24) }

    /// Returns the key that ftok(3) makes from the same file with another `proj_id`.
    public func replacingProjectID(with projectID: UInt8) -> SegmentKey {
        SegmentKey(bits: UInt32(projectID) << 24 | bits & 0x00ff_ffff)
    }
}

extension SegmentKey: CustomStringConvertible {
    /// `0x%08x`, as ipcs(1) prints keys.
    public var description: String {
        let digits = String(bits, radix: 16)
        return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
    }
}

/// The kernel's number for an existing segment: what shmget(2) returns and shmat(2) takes.
///
/// ```swift
/// let identifiers = try client.segments().compactMap(\.identifier)
/// print(identifiers)
/// ```
public struct SegmentIdentifier: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The number itself.
    public let rawValue: Int32

    /// Creates an identifier from its number.
    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// The number in decimal.
    public var description: String { String(rawValue) }
}
