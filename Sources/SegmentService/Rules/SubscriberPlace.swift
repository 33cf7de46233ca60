package import SegmentModel

/// A subscriber's progress, which decides what to do with the next change.
///
/// A snapshot walks the segments by name at the subscriber's pace. Changes to segments that the walk has
/// passed are sent; others are not, because the walk will show the segment's new state. If more is pending
/// than the queue may hold, the subscriber gets a new snapshot instead: the queue stays bounded, and the
/// subscriber's view becomes correct in the end.
package struct SubscriberPlace: Equatable, Sendable {
    package enum Step: Equatable, Sendable {
        case tell
        /// A walk will show the change.
        case leaveOut
        /// The subscriber does not read; close its connection.
        case close
    }

    private enum Place: Equatable {
        /// `isStale`: a change of a segment that the walk had passed was left out, so another walk follows.
        case walking(after: SegmentName?, isStale: Bool)
        case following
    }

    private var place = Place.walking(after: nil, isStale: false)
    /// The bytes skipped since the queue was full; nil while it is not.
    private var missed: Int?

    /// The most bytes that may be skipped before the subscriber has read what is pending.
    package static let mostMissed = 1 << 20

    package init() {}

    /// The last segment that the walk has shown, nil before the first; nil as well while no walk is under
    /// way.
    package var walk: (last: SegmentName?, isUnderWay: Bool) {
        switch place {
        case .walking(let last, _): (last, true)
        case .following: (nil, false)
        }
    }

    /// Decides about a change of a segment, `bytes` long.
    ///
    /// `isFull`: the queue is full. `isSent`: the queue was offered to the subscriber, who did not read it.
    /// Changes made within one turn of the loop are offered only after it, so they do not count against the
    /// subscriber.
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

    /// Records that the walk has shown this segment, which means that the subscriber has room again.
    package mutating func walked(to name: SegmentName) {
        missed = nil
        guard case .walking(_, let isStale) = place else { return }
        place = .walking(after: name, isStale: isStale)
    }

    /// Records that the walk has shown the last segment.
    package mutating func walkedToEnd() {
        missed = nil
        if case .walking(_, isStale: true) = place {
            place = .walking(after: nil, isStale: false)
        } else {
            place = .following
        }
    }
}
