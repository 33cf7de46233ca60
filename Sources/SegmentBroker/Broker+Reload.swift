import SystemVSharedMemory
package import SegmentModel

extension Broker {
    /// Puts a new configuration in force.
    package func reload(_ configuration: Configuration, groups: GroupTable) -> ReloadOutcome {
        let before = observed
        let plan = ReloadPlan(desired: configuration.segments, observed: before)
        self.configuration = configuration
        self.groups = groups
        var outcome = ReloadOutcome()
        for step in plan.steps { declare(step) }
        names = segments.values.map(\.name).sorted()
        for step in plan.provisionedLast { apply(step, &outcome) }
        for segment in sorted where before[segment.name]?.definition != segment.definition {
            if case .absent = segment.life { publish(.changed, segment) }
        }
        outcome.created.sort()
        return outcome
    }

    private var observed: [SegmentName: ReloadPlan.Observed] {
        var observed: [SegmentName: ReloadPlan.Observed] = [:]
        for segment in segments.values {
            observed[segment.name] = .init(state: segment.life.state, definition: segment.definition)
        }
        return observed
    }

    /// The new declarations are in force before the first step acts, so that keys are placed by all of them.
    private func declare(_ step: ReloadPlan.Step) {
        switch step {
        case .provision(let definition), .change(let definition), .keep(let definition):
            if let segment = segments[definition.name.string] {
                if segment.life.segment == nil, segment.record == nil, let key = segment.key {
                    placement.release(key, of: segment.name)
                    segment.key = nil
                }
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
            publish(.removed, segment)
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
        publish(.changed, segment)
        retireIfUnused(segment)
    }
}

extension ReloadPlan {
    /// What frees comes before what makes, and keys that never move before those that do.
    var provisionedLast: [Step] {
        var first: [Step] = []
        var made: [SegmentDefinition] = []
        for step in steps {
            if case .provision(let definition) = step { made.append(definition) } else { first.append(step) }
        }
        return first + KeyPlacement.order(made).map(Step.provision)
    }
}
