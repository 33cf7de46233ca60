import SegmentModel
import SystemVSharedMemory

/// What others can see of a lifecycle at rest; comparing two of them yields the changes to report.
struct Standing: Equatable {
    var definition: SegmentDefinition?
    var state: SegmentLifecycle.State
    var problems: [SegmentProblem]
    var hints: [SegmentProblem]
    var live: SegmentLifecycle.Identity?
    /// The key that it has or would get.
    var placedKey: SegmentKey?
    /// Oldest first.
    var formerMemory: [SegmentIdentifier]
    /// The reason a segment cannot be removed although it should be.
    var removalRefusal: SegmentProblem?
    /// Whether it is to be replaced rather than removed.
    var isRenewing: Bool
    /// The reason it is not open to clients yet.
    var unopenedProblem: SegmentProblem?
    /// Whether nothing is left of the name.
    var isOver: Bool
    /// The broker's user.
    var ownUserID: UInt32

    init(_ lifecycle: SegmentLifecycle) {
        definition = lifecycle.declaration?.definition
        state = lifecycle.state
        problems = lifecycle.problems
        hints = lifecycle.hints
        if case .live(let live) = lifecycle.memory { self.live = live.identity }
        formerMemory = lifecycle.formerMemory.map(\.identity.identifier)
        placedKey = lifecycle.declaration?.placedKey
        removalRefusal = lifecycle.refusals[.mark]
        isRenewing = lifecycle.request?.verb == .renew
        unopenedProblem = lifecycle.unopenedProblem
        isOver = lifecycle.isOver
        ownUserID = lifecycle.credentials.userID
    }

    /// Returns the changes to report when a lifecycle has come to rest; each problem is reported at most
    /// once.
    ///
    /// `before` is nil for a new name. `isOrdered`: at an administrator's request. Differences found by a
    /// start were reported before it.
    func changes(
        since before: Standing?,
        _ notes: [SegmentLifecycle.Note],
        isOrdered: Bool = false,
        isStarting: Bool = false
    ) -> [SegmentChange] {
        // Nothing has been published about the name.
        if before == nil, isOver {
            return notes.compactMap {
                switch $0 {
                case .goneBeforeStart: .goneBeforeStart
                case .removed: .removed(isOrdered: isOrdered, leavesFormerMemory: false)
                default: nil
                }
            }
        }
        let keyMoved = keyMoved(since: before, notes)
        var changes = [keyMoved].compactMap(\.self)
        changes += notes.flatMap { self.changes(for: $0, isOrdered: isOrdered) }
        if let removalRefusal, removalRefusal != before?.removalRefusal {
            changes.append(.irremovable(removalRefusal.message, isRenewal: isRenewing))
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
        case .takenOverUnrecorded: [.takenOverUnrecorded]
        case .repaired(let permissions):
            [.repaired(permissions, hadOtherOwner: permissions.userID != ownUserID)]
        case .removed: [.removed(isOrdered: isOrdered, leavesFormerMemory: state == .removing)]
        case .marked: [.marked]
        case .markedByOther: [.markedByOther]
        case .vanished: [.vanished]
        case .goneBeforeStart: [.goneBeforeStart]
        // These are replies to the administrator's call.
        case .cannotAdopt, .requestNotRecorded: []
        }
    }

    private func creation(_ change: (ByteCount) -> SegmentChange) -> [SegmentChange] {
        let size = live.map { ByteCount(bytes: $0.traits.size) } ?? definition?.size
        let twoAlive = live == nil ? nil : formerMemory.last.map(SegmentChange.twoAlive)
        return [twoAlive, size.map(change)].compactMap(\.self)
    }

    /// Returns the change if the key moved to another project number of its file.
    private func keyMoved(since before: Standing?, _ notes: [SegmentLifecycle.Note]) -> SegmentChange? {
        let isFound = live != nil && !notes.contains(.created) && !notes.contains(.replaced)
        guard definition?.key == .ownFile, let placedKey, placedKey != before?.placedKey,
            placedKey.projectID != KeyDeclaration.defaultProject, !isFound
        else { return nil }
        return .keyMoved(placedKey, from: placedKey.replacingProjectID(with: KeyDeclaration.defaultProject))
    }

    private func change(forNew problem: SegmentProblem, isStarting: Bool) -> SegmentChange? {
        if problem == unopenedProblem { return .unopened(problem) }
        return switch problem.kind {
        case .permissionsDiffer: .unrepaired(problem)
        case .unshielded: .unpinned(problem)
        default: isStarting ? nil : .drifted(problem)
        }
    }

    private func hadMemory(_ before: Standing?) -> Bool {
        switch before?.state {
        case .ready, .drifted, .draining, .removing: true
        case .absent, .blocked, nil: false
        }
    }

    private func eventOfState(since before: Standing?) -> SegmentEvent.Kind {
        switch state {
        case .absent where before != nil && (definition == nil || hadMemory(before)): .removed
        case .removing where before?.state != .removing: .removing
        case .absent, .ready, .drifted, .draining, .removing, .blocked: .changed
        }
    }
}
