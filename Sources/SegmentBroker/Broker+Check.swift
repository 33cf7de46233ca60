package import SegmentModel
import SystemPackage
import SystemVSharedMemory

extension Broker {
    /// Looks for changes that nobody told of: removed, re-owned, a group renumbered, the last user gone; and
    /// tries again what is blocked, where the outcome may be another.
    ///
    /// To be called every 15 s with freshly looked up groups and keys.
    package func checking(groups: GroupTable, keys: KeyTable) -> BrokerWork {
        self.groups = groups.completed(by: self.groups)
        self.keys = keys.completed(by: self.keys)
        refused = RetryRule()
        let forgotten = staleRecords.filter { segments[$0.string] == nil }.sorted()
        return BrokerWork(on: forgotten + names) { [self] name, _ in
            if staleRecords.contains(name) { erase(name) }
            if let segment = segments[name.string] { check(segment) }
        } end: { [self] in
            noteHost()
        }
    }

    private func check(_ segment: BrokeredSegment) {
        reportLeftOut(segment)
        switch segment.life {
        case .live, .draining:
            refresh(segment)
            renew(segment)
            retireIfUnused(segment)
        case .removing: refresh(segment)
        case .blocked(let problem):
            let size = segment.definition?.size.bytes ?? 0
            let limits = problem.kind == .kernelLimit ? kernelLimits() : nil
            // One with a record was not being made: what it means was not to be found out.
            guard segment.record != nil || refused.isWorthTrying(problem.kind, size: size, limits: limits)
            else { return }
            provision(segment)
            if case .blocked(let problem) = segment.life { refused.note(problem.kind, size: size) }
        case .absent: break
        }
    }

    /// Makes good what did not succeed before, and notes what differs now.
    func renew(_ segment: BrokeredSegment, quietly: Bool = false) {
        shield(segment)
        guard var live = segment.life.segment else { return }
        let before = live.differences
        live.differences = differences(segment, live)
        segment.life.segment = live
        remember(live, segment)
        guard live.differences != before else { return }
        for difference in live.differences where !quietly && !before.contains(difference) {
            tell(.drifted(difference), of: segment)
        }
        tell(.silent(.changed), of: segment)
    }

    /// Compares one segment with the kernel and acts on what is found.
    ///
    /// Its status after that; nil if it is not, or no longer, in the kernel under its key, or the kernel does not
    /// say.
    @discardableResult
    func refresh(_ segment: BrokeredSegment) -> SegmentStatus? {
        switch segment.life {
        case .live(let live), .draining(let live):
            statusesTogether?[live.identifier] = nil
            switch liveness(live) {
            case .alive(let found):
                let status = repairPermissions(segment, found)
                statusesTogether?[live.identifier] = status
                return status
            case .marked: markedByOther(segment, live)
            case .gone: lost(segment, live)
            case .unknown: break
            }
        case .removing(let doomed):
            switch liveness(doomed) {
            case .gone: gone(segment, doomed)
            case .alive, .marked, .unknown: break
            }
        case .absent, .blocked: break
        }
        return nil
    }

    /// The same where somebody asks for the segment: one that goes when nobody uses it any more is gone by then.
    @discardableResult
    func refreshAsked(_ segment: BrokeredSegment) -> SegmentStatus? {
        let status = refresh(segment)
        guard case .draining = segment.life else { return status }
        retireIfUnused(segment)
        guard case .draining = segment.life else { return nil }
        return status
    }

    /// It vanished although nobody but the kernel can do that while the keeper is attached.
    private func lost(_ segment: BrokeredSegment, _ live: LiveSegment) {
        if let keeper = live.keeper { detachElsewhere(keeper) }
        tell(.removedByOther, of: segment)
        makeAgain(segment, wasDraining: segment.life.state == .draining)
    }

    /// Marked while nobody but the keeper is attached: nobody can see it any more, so it is made again at
    /// once.
    ///
    /// Marked while a client is attached: it stays that client's memory until the last detach.
    private func markedByOther(_ segment: BrokeredSegment, _ live: LiveSegment) {
        let wasDraining = segment.life.state == .draining
        let attachments = shut(live)
        tell(.markedByOther, of: segment)
        guard attachments == 0 else {
            letGo(live)
            removalDue[segment.name] = nil
            segment.life = .removing(
                DoomedSegment(identifier: live.identifier, size: live.size, byOther: true)
            )
            return tell(.silent(.removing), of: segment)
        }
        if let keeper = live.keeper { detachElsewhere(keeper) }
        makeAgain(segment, wasDraining: wasDraining)
    }

    /// A marked segment has lost its last attachment.
    private func gone(_ segment: BrokeredSegment, _ doomed: DoomedSegment) {
        makeAgain(segment, wasDraining: !doomed.byOther)
    }

    private func makeAgain(_ segment: BrokeredSegment, wasDraining: Bool) {
        dropRecord(segment)
        removalDue[segment.name] = nil
        segment.life = .absent
        guard segment.definition != nil, !wasDraining else {
            tell(.silent(.removed), of: segment)
            if segment.definition == nil { forget(segment) }
            return
        }
        provision(segment, onDemand: !segment.leases.isEmpty, inPlaceOfOther: true)
        if case .absent = segment.life { tell(.silent(.removed), of: segment) }
    }
}
