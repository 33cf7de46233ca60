package import SegmentModel

/// A long command of the broker, done segment by segment.
///
/// Requests may be served between two steps: each segment is then either as before or as afterwards.
package final class BrokerWork {
    private var names: ArraySlice<SegmentName>
    private let step: (SegmentName, inout ReloadOutcome) -> Void
    private let end: () -> Void
    private var isOver = false
    /// The result of a reload.
    package private(set) var outcome = ReloadOutcome()

    init(
        on names: [SegmentName],
        step: @escaping (SegmentName, inout ReloadOutcome) -> Void,
        end: @escaping () -> Void
    ) {
        self.names = names[...]
        self.step = step
        self.end = end
    }

    /// Takes the next step; returns false once all are done.
    package func advance() -> Bool {
        guard !isOver else { return false }
        if let name = names.popFirst() {
            step(name, &outcome)
            return true
        }
        isOver = true
        outcome.created.sort()
        end()
        return false
    }

    /// Runs all remaining steps.
    package func complete() { while advance() {} }
}
