/// The number by which the kernel knows an existing segment: what shmget(2) returns and shmat(2) takes.
public struct SegmentIdentifier: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The number itself.
    public let rawValue: Int32

    /// An identifier by its number.
    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// The number in decimal.
    public var description: String { String(rawValue) }
}
