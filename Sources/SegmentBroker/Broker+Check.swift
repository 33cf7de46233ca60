package import SegmentModel
import SystemVSharedMemory

extension Broker {
    /// Checks all segments for changes that cause no event: removed, given to another owner, a group
    /// renumbered, the last user gone.
    ///
    /// Retries blocked segments where the outcome may differ. Call every 15 s with freshly looked up groups
    /// and keys.
    package func checking(groups: GroupTable, keys: KeyTable) -> BrokerWork {
        self.groups = groups.completed(by: self.groups)
        self.keys = keys.completed(by: self.keys)
        refused = RetryRule()
        let forgotten = staleRecords.filter { segments[$0.string] == nil }.sorted()
        var declared: [SegmentName: SegmentLifecycle.Declaration] = [:]
        for declaration in placed(segments.values.compactMap(\.definition)) {
            declared[declaration.definition.name] = declaration
        }
        return BrokerWork(on: forgotten + names) { [self] name, _ in
            if staleRecords.contains(name) { erase(name) }
            if let segment = segments[name.string] { check(segment, declared[name]) }
        } end: { [self] in
            offerFreedKeys()
            logHostWarnings()
        }
    }

    private func check(_ segment: BrokeredSegment, _ declaration: SegmentLifecycle.Declaration?) {
        reportLeftOut(segment)
        confirmRecord(of: segment)
        guard isWorthAsking(segment) else { return }
        if let declaration, declaration.definition == segment.definition,
            declaration != segment.lifecycle.declaration
        {
            send(.returned, .resolved(declaration), .look, to: segment)
        } else {
            send(.returned, .look, to: segment)
        }
        noteRefusal(of: segment)
    }

    /// Checks one segment between two regular checks.
    func recheck(_ segment: BrokeredSegment) {
        confirmRecord(of: segment)
        guard isWorthAsking(segment) else { return }
        send(.look, to: segment)
        noteRefusal(of: segment)
    }

    private func noteRefusal(of segment: BrokeredSegment) {
        guard segment.state == .blocked, let problem = segment.lifecycle.problems.first else { return }
        refused.note(problem.kind, size: segment.definition?.size.bytes ?? 0)
    }

    private func isWorthAsking(_ segment: BrokeredSegment) -> Bool {
        guard segment.lifecycle.memory == .none, segment.state == .blocked,
            let problem = segment.lifecycle.problems.first
        else { return true }
        let limits = problem.kind == .kernelLimit ? kernelLimits() : nil
        let size = segment.definition?.size.bytes ?? 0
        return refused.isWorthTrying(problem.kind, size: size, limits: limits)
    }
}
