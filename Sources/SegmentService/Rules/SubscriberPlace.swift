package import SegmentModel

/// How far a subscriber has been told, and what becomes of the next change.
///
/// A snapshot is a walk by name at the subscriber's pace. A change of a segment that the walk has passed is told; one
/// of a segment still to come is not, because the walk will show it as it is then. Whoever is told more at once than
/// may wait is shown all anew: the queue is bounded, and what the subscriber knows is true in the end.
package struct SubscriberPlace: Equatable, Sendable {
    package enum Step: Equatable, Sendable {
        case tell
        /// A walk will show it.
        case leaveOut
        /// The subscriber does not read.
        case close
    }

    private enum Place: Equatable {
        /// `isStale`: changes behind the walk were left out, so that another follows.
        case walking(after: SegmentName?, isStale: Bool)
        case following
    }

    private var place = Place.walking(after: nil, isStale: false)
    /// What was left out, in bytes, since the subscriber had too much to read; nil while it has not.
    private var missed: Int?

    /// How much may be left out before the subscriber has read what waits, in bytes.
    package static let mostMissed = 1 << 20

    package init() {}

    /// The segment that the walk has come to, nil before the first; nil for all while there is no walk.
    package var walk: (last: SegmentName?, isUnderWay: Bool) {
        switch place {
        case .walking(let last, _): (last, true)
        case .following: (nil, false)
        }
    }

    /// A change of a segment, `bytes` long.
    ///
    /// `isFull`: as much waits as may. `isSent`: what waits was offered to the subscriber, who did not take it; what
    /// one turn makes is offered after it, so that it does not count against anybody.
    package mutating func change(of name: SegmentName, bytes: Int, isFull: Bool, isSent: Bool) -> Step {
        if let missed {
            guard isSent else { return .leaveOut }
            self.missed = missed + bytes
            return missed + bytes > Self.mostMissed ? .close : .leaveOut
        }
        if case .walking(let last, let isStale) = place {
            guard let last, name <= last, !isStale else { return .leaveOut }
            guard isFull else { return .tell }
            place = .walking(after: last, isStale: true)
        } else {
            guard isFull else { return .tell }
            place = .walking(after: nil, isStale: false)
        }
        missed = 0
        return .leaveOut
    }

    /// The subscriber has room, and is told of this segment as the next.
    package mutating func walked(to name: SegmentName) {
        missed = nil
        guard case .walking(_, let isStale) = place else { return }
        place = .walking(after: name, isStale: isStale)
    }

    /// The subscriber has been told of the last segment.
    package mutating func walkedToEnd() {
        missed = nil
        if case .walking(_, isStale: true) = place {
            place = .walking(after: nil, isStale: false)
        } else {
            place = .following
        }
    }
}
