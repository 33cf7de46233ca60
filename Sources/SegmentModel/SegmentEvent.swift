/// An event reported by Subscribe.
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

    /// The kinds of event.
    public enum Kind: String, CaseIterable, Sendable {
        /// A segment of a snapshot: the initial one, or one that replaces a backlog of events too long to
        /// report.
        case current
        /// The end of a snapshot: a segment that it did not mention no longer exists.
        case listed
        /// The segment was created where there was none.
        case created
        /// Its state, problems, permissions or declaration changed.
        case changed
        /// A client acquired a lease.
        case leased
        /// A lease ended.
        case released
        /// The segment was created again: the name has a new identifier.
        case replaced
        /// The segment was marked for removal and is still attached.
        case removing
        /// The segment no longer exists in the kernel.
        case removed
    }
}
