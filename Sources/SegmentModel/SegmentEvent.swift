/// One thing that Subscribe tells.
public struct SegmentEvent: Equatable, Sendable {
    /// What happened.
    public var kind: Kind
    /// The segment concerned; nil for `listed`.
    public var name: SegmentName?
    /// The segment after the change; nil for `listed`, `leased` and `released`.
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
    public enum Kind: String, CaseIterable, Sendable {
        /// A segment as it is, in a snapshot: the opening one, or one that stands for more changes than could be told.
        case current
        /// The snapshot has ended: a segment of which nothing was said since it began is gone.
        case listed
        /// Made, where there was none.
        case created
        /// State, problems, permissions or declaration are different.
        case changed
        /// A client has taken a lease.
        case leased
        /// A lease has ended.
        case released
        /// Made again: the name has a new identifier.
        case replaced
        /// Marked for removal, still attached.
        case removing
        /// No longer in the kernel.
        case removed
    }
}
