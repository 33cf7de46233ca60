package import SegmentModel

/// A command of the broker that takes long, done segment by segment.
///
/// Others may be served between two steps: each segment then is as it was before or as it is afterwards.
package final class BrokerWork {
    private var names: ArraySlice<SegmentName>
    private let step: (SegmentName, inout ReloadOutcome) -> Void
    private let end: () -> Void
    private var isOver = false
    /// What a reload has done.
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

    /// Takes the next step; false once all is done.
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

    /// Does all that is left to do.
    package func complete() { while advance() {} }
}
