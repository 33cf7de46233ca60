import SegmentModel
import SystemVSharedMemory

/// How a lifecycle stands at rest, as far as others are told of it: what is to be told is read off two of them.
struct Standing: Equatable {
    var definition: SegmentDefinition?
    var state: SegmentState
    var problems: [SegmentProblem]
    var hints: [SegmentProblem]
    var live: SegmentLifecycle.Identity?
    /// Oldest first.
    var formerMemory: [SegmentIdentifier]
    /// Why the segment cannot be removed although it is to be.
    var removalRefusal: SegmentProblem?

    init(_ lifecycle: SegmentLifecycle) {
        definition = lifecycle.declaration?.definition
        state = lifecycle.state
        problems = lifecycle.problems
        hints = lifecycle.hints
        if case .live(let live) = lifecycle.memory { self.live = live.identity }
        formerMemory = lifecycle.formerMemory.map(\.identity.identifier)
        removalRefusal = lifecycle.refusals[.mark]
    }

    /// What to tell when a lifecycle has come to rest, at most once of each problem.
    ///
    /// `before` is nil for a name that is new. `isOrdered` is what an administrator asked for. Differences that a start
    /// finds were told before it.
    func changes(
        since before: Standing?,
        _ notes: [SegmentLifecycle.Note],
        isOrdered: Bool = false,
        isStarting: Bool = false
    ) -> [SegmentChange] {
        var changes = notes.flatMap { self.changes(for: $0, isOrdered: isOrdered) }
        if let removalRefusal, removalRefusal != before?.removalRefusal {
            changes.append(.irremovable(removalRefusal.message))
        }
        let known = before?.problems ?? []
        switch state {
        case .blocked where before?.state == .blocked && problems == known: break
        case .blocked: changes += problems.prefix(1).map(SegmentChange.blocked)
        case .ready, .drifted:
            changes += problems.filter { !known.contains($0) }
                .compactMap { change(forNew: $0, isStarting: isStarting) }
        case .draining: if before?.state != .draining { changes.append(.draining) }
        case .absent, .removing: break
        }
        if self != before, !changes.contains(where: { $0.event != nil }) {
            changes.append(.silent(eventOfState(since: before)))
        }
        return changes
    }

    private func changes(for note: SegmentLifecycle.Note, isOrdered: Bool) -> [SegmentChange] {
        switch note {
        case .created: creation(SegmentChange.created)
        case .replaced: creation(SegmentChange.replaced)
        case .takenOver, .adopted: [.takenOver]
        case .repaired(let permissions): [.repaired(permissions)]
        case .removed: [.removed(isOrdered: isOrdered)]
        case .marked: [.marked]
        case .removedByOther: [.markedByOther]
        case .vanished: [.removedByOther]
        case .goneBeforeStart: [.goneBeforeStart]
        // The answer to whoever asked.
        case .cannotAdopt, .requestNotRecorded: []
        }
    }

    private func creation(_ change: (ByteCount) -> SegmentChange) -> [SegmentChange] {
        let size = live.map { ByteCount(bytes: $0.traits.size) } ?? definition?.size
        let twoAlive = live == nil ? nil : formerMemory.last.map(SegmentChange.twoAlive)
        return [twoAlive, size.map(change)].compactMap(\.self)
    }

    private func change(forNew problem: SegmentProblem, isStarting: Bool) -> SegmentChange? {
        switch problem.kind {
        case .permissionsDiffer: .unrepaired(problem)
        case .unshielded: .unshielded(problem)
        default: isStarting ? nil : .drifted(problem)
        }
    }

    private func eventOfState(since before: Standing?) -> SegmentEvent.Kind {
        switch state {
        case .absent where before != nil && (definition == nil || before?.state != .absent): .removed
        case .removing where before?.state != .removing: .removing
        case .absent, .ready, .drifted, .draining, .removing, .blocked: .changed
        }
    }
}
