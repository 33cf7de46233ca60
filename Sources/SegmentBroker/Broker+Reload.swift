import SystemVSharedMemory
package import SegmentModel

extension Broker {
    /// Puts a new configuration in force, segment by segment; the rest of it when all are done.
    package func reloading(_ new: Configuration, groups: GroupTable, keys: KeyTable) -> BrokerWork {
        var wanted: [SegmentName: SegmentDefinition] = [:]
        for definition in new.segments { wanted[definition.name] = definition }
        let answered = (groups: groups.completed(by: self.groups), keys: keys.completed(by: self.keys))
        // Until their turn comes, segments are as they were declared before.
        self.groups = self.groups.merged(with: answered.groups)
        self.keys = self.keys.merged(with: answered.keys)
        let names = ReloadPlan.order(new.segments, known: names) { step($0, wanted[$0]) }
        for name in names { releaseUnusedKey(name) }
        return BrokerWork(on: names) { [self] name, outcome in
            guard let step = step(name, wanted[name]) else { return }
            let before = segments[name.string]?.definition
            declare(step)
            apply(step, &outcome)
            guard let segment = segments[name.string], segment.definition != before else { return }
            if case .absent = segment.life { tell(.silent(.changed), of: segment) }
        } end: { [self] in
            configuration = new
            (self.groups, self.keys) = answered
        }
    }

    /// The declarations of what is in the kernel, which lose their memory when they are taken away.
    package var liveDeclarations: [SegmentDefinition] {
        segments.values.compactMap { $0.life.segment == nil ? nil : $0.definition }
    }

    private func step(_ name: SegmentName, _ wanted: SegmentDefinition?) -> ReloadPlan.Step? {
        let observed = segments[name.string].map {
            ReloadPlan.Observed(state: $0.life.state, definition: $0.definition)
        }
        return ReloadPlan.step(name, wanted, observed)
    }

    /// What is not in the kernel gets its key anew, so that keys are placed by the new declarations.
    private func releaseUnusedKey(_ name: SegmentName) {
        guard let segment = segments[name.string], segment.life.segment == nil, segment.record == nil,
            let key = segment.key
        else { return }
        placement.release(key, of: name)
        segment.key = nil
    }

    private func declare(_ step: ReloadPlan.Step) {
        switch step {
        case .provision(let definition), .change(let definition), .keep(let definition):
            if let segment = segments[definition.name.string] {
                releaseUnusedKey(segment.name)
                segment.definition = definition
            } else {
                add(BrokeredSegment(definition.name, definition))
            }
        case .drain(let name):
            segments[name.string]?.definition = nil
        case .forget(let name):
            guard let segment = segments[name.string] else { return }
            segment.definition = nil
            // A record that the kernel has not yet answered for may mean a segment that is to go.
            guard segment.record == nil else { return }
            segment.life = .absent
            tell(.silent(.removed), of: segment)
            forget(segment)
        }
    }

    private func apply(_ step: ReloadPlan.Step, _ outcome: inout ReloadOutcome) {
        switch step {
        case .provision(let definition):
            guard let segment = segments[definition.name.string] else { return }
            provision(segment)
            if case .live = segment.life { outcome.created.append(segment.name) }
        case .change(let definition):
            guard let segment = segments[definition.name.string] else { return }
            outcome.changed.append(segment.name)
            changeDefinition(of: segment)
        case .keep(let definition):
            guard let segment = segments[definition.name.string] else { return }
            outcome.changed.append(segment.name)
            if case .draining(let live) = segment.life { segment.life = .live(live) }
            changeDefinition(of: segment)
        case .drain(let name):
            guard let segment = segments[name.string] else { return }
            outcome.removing.append(name)
            drain(segment)
        case .forget(let name):
            outcome.removing.append(name)
        }
    }

    private func changeDefinition(of segment: BrokeredSegment) {
        removalDue[segment.name] = nil
        refresh(segment)
        renew(segment)
        tell(.silent(.changed), of: segment)
        retireIfUnused(segment)
    }
}
