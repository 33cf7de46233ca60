/// One thing that Subscribe tells.
package struct SegmentEvent: Equatable, Sendable {
    package var kind: Kind
    package var name: SegmentName?
    package var segment: SegmentDescription?
    package var lease: Lease?

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

    package enum Kind: String, CaseIterable, Sendable {
        /// A segment as it is, in the opening snapshot.
        case current
        /// The snapshot has ended.
        case listed
        case created, changed, leased, released, replaced, removing, removed
    }
}
