/// One event of a subscription: something that happened to a segment, or a part of a snapshot.
///
/// ```swift
/// for try await event in try client.events() {
///     if event.kind == .replaced, let name = event.name { print("\(name) has new memory") }
/// }
/// ```
public struct SegmentEvent: Equatable, Sendable {
    /// What happened.
    public var kind: Kind
    /// The segment concerned; nil for `snapshotEnded`.
    public var name: SegmentName?
    /// The segment after the change; nil for `snapshotEnded`, `leased` and `released`.
    public var segment: SegmentDescription?
    /// The lease of `leased` and `released`.
    public var lease: Lease?

    package init(
        _ kind: Kind,
        name: SegmentName? = nil,
        segment: SegmentDescription? = nil,
        lease: Lease? = nil
    ) {
        self.kind = kind
        self.name = name
        self.segment = segment
        self.lease = lease
    }

    /// What can happen to a segment.
    ///
    /// A newer daemon may send kinds that are not listed here: give every switch a default.
    public struct Kind: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
        /// The word on the wire.
        public let rawValue: String

        /// Creates a kind from its word on the wire.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The word on the wire.
        public var description: String { rawValue }

        /// A segment of a snapshot, as it is.
        ///
        /// Snapshots begin a subscription, and replace changes that were too many to be told one by one.
        public static let snapshot = Kind(rawValue: "current")
        /// The end of a snapshot: a segment that it did not contain no longer exists.
        public static let snapshotEnded = Kind(rawValue: "listed")
        /// The segment was created.
        public static let created = Kind(rawValue: "created")
        /// State, problems, permissions or declaration changed.
        public static let changed = Kind(rawValue: "changed")
        /// A client took a lease.
        public static let leased = Kind(rawValue: "leased")
        /// A lease ended.
        public static let released = Kind(rawValue: "released")
        /// The segment was created again: the name has a new identifier and new memory.
        public static let replaced = Kind(rawValue: "replaced")
        /// The segment was marked for removal and is still attached.
        public static let removing = Kind(rawValue: "removing")
        /// The segment is no longer in the kernel.
        public static let removed = Kind(rawValue: "removed")
    }
}
