import SegmentModel
import SystemVSharedMemory

extension Broker {
    /// The most actions in response to one event: legitimate work needs less than half of them, so beyond
    /// this another program must be undoing each one.
    private static let answersAtMost = 64

    /// Sends simultaneous events to a segment, performs its actions until none is left, and publishes the
    /// changes; returns the notes made on the way.
    ///
    /// Only this and `count(leases:of:)` change a lifecycle.
    @discardableResult
    func send(
        _ events: SegmentLifecycle.Event...,
        to segment: BrokeredSegment,
        isOrdered: Bool = false
    ) -> [SegmentLifecycle.Note] {
        var notes: [SegmentLifecycle.Note] = []
        let before = segment.isNew ? nil : segment.lifecycle
        let settled = events.allSatisfy(\.isRoutine) ? segment.settled : nil
        var isUnchanged = settled != nil
        var actions = segment.lifecycle.receive(events)
        var answers = 0
        while !actions.isEmpty {
            var answered: SegmentLifecycle.Event?
            for action in actions {
                if case .tell(let note) = action { notes.append(note) }
                let isRefused = action.needsAnswer && answers >= Self.answersAtMost
                let answer = isRefused ? .refused(.interference) : perform(action, of: segment)
                if isUnchanged { isUnchanged = settled?.stays(after: action, answer) == true }
                if let answer { answered = .answered(action, answer) }
            }
            guard let answered else { break }
            answers += 1
            actions = segment.lifecycle.receive(answered)
        }
        if !isUnchanged { finish(segment, since: before, notes, isOrdered: isOrdered) }
        return notes
    }

    /// Sends the number of leases on the present memory when it changes from 0 to 1 or back.
    func count(leases: Int, of segment: BrokeredSegment) {
        if segment.isSettled, !segment.mayLeaveUnused {
            // No rule depends on them.
            segment.lifecycle.note(leases: leases)
        } else {
            send(.leases(leases), to: segment)
        }
    }

    /// Updates leases, identifiers and keys once no action is left, and publishes the changes.
    private func finish(
        _ segment: BrokeredSegment,
        since before: SegmentLifecycle?,
        _ notes: [SegmentLifecycle.Note],
        isOrdered: Bool
    ) {
        let after = segment.lifecycle
        if after.identity != before?.identity || notes.contains(.replaced) {
            segment.generation &+= 1
            (segment.presentLeases, segment.ownerChange) = (0, nil)
        }
        segment.isSettled = after.isSettled && segment.status != nil
        if after.identity != before?.identity || after.formerMemory != before?.formerMemory {
            noteIdentifiers(of: after, since: before)
        }
        if !reservations.update(segment.name, after.keys).isEmpty { areKeysFreed = true }
        if after.isInterferedWith(since: before, notes) { watch(segment) }
        for case .repaired(let permissions) in notes where permissions.userID != identity.userID {
            let problem = SegmentProblem.ownerWasChanged(permissions, segment.name)
            segment.ownerChange = (problem, clock.monotonic() + .seconds(600))
        }
        let standing = Standing(after)
        let changes = standing.changes(
            since: before.map(Standing.init),
            notes,
            isOrdered: isOrdered,
            isStarting: isStarting
        )
        // What has not been looked up yet blocks nothing that is known: the start decides about it again.
        segment.isNew = isTakingOver && standing.state == .blocked && segment.definition != nil
        for change in changes {
            if segment.isNew, case .blocked = change { continue }
            tell(change, of: segment, former: before?.identity)
        }
        if standing.isOver, segment.awaited == nil { forget(segment) }
    }

    /// Checks a segment every second for a minute from now.
    func watch(_ segment: BrokeredSegment) {
        let now = clock.monotonic()
        watches[segment.name] = Watch(next: now + Watch.period, end: now + Watch.length)
    }

    private func noteIdentifiers(of after: SegmentLifecycle, since before: SegmentLifecycle?) {
        for gone in before?.identifiers ?? [] where namesOfSegments[gone] == after.name {
            namesOfSegments[gone] = nil
        }
        for present in after.identifiers { namesOfSegments[present] = after.name }
    }

    /// Queries the kernel for a segment; an absent or blocked one waits for a check or an Acquire.
    func refresh(_ segment: BrokeredSegment) {
        if segment.live != nil || !segment.lifecycle.formerMemory.isEmpty { send(.look, to: segment) }
    }
}

extension SegmentLifecycle.Event {
    /// Whether the event itself changes nothing, only what is found or done in response.
    fileprivate var isRoutine: Bool {
        switch self {
        case .look, .leases, .demanded, .returned, .stopping, .restarting: true
        case .declared, .resolved, .undeclared, .asked, .adopt, .lingerOver, .answered:
            false
        }
    }
}

extension SegmentLifecycle {
    /// The identity of the live segment.
    fileprivate var identity: Identity? {
        if case .live(let live) = memory { live.identity } else { nil }
    }

    /// Whether another program removes the segment or undoes the broker's changes, or a replacement could not
    /// be created: the situation may change soon.
    fileprivate func isInterferedWith(since before: Self?, _ notes: [Note]) -> Bool {
        if notes.contains(.markedByOther) || notes.contains(.vanished) { return true }
        if refusals.values.contains(.interference) { return true }
        return before?.identity != nil && memory == .none && loss != .none && declaration != nil
    }

    /// The identifiers of the live segment and of former memory.
    fileprivate var identifiers: [SegmentIdentifier] {
        formerMemory.map(\.identity.identifier) + [identity?.identifier].compactMap(\.self)
    }
}

extension FoundSegment {
    /// Whether an action leaves a settled segment unchanged, apart from the numbers of its users.
    fileprivate func stays(
        after action: SegmentLifecycle.Action,
        _ answer: SegmentLifecycle.Answer?
    ) -> Bool {
        switch (action, answer) {
        case (.ask(identifier), .observed(let observation)?): status.isSame(observation.status)
        case (.arm, _), (.disarm, _): true
        default: false
        }
    }
}

extension SegmentStatus {
    /// Whether two statuses differ at most in the numbers of users.
    func isSame(_ other: SegmentStatus) -> Bool {
        key == other.key && size == other.size && mode == other.mode
            && isMarkedForRemoval == other.isMarkedForRemoval && ownerUserID == other.ownerUserID
            && ownerGroupID == other.ownerGroupID && creatorUserID == other.creatorUserID
            && creatorProcessID == other.creatorProcessID
    }
}
