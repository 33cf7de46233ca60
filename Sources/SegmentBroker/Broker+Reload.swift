package import SegmentModel
import SystemVSharedMemory

extension Broker {
    /// Applies a new configuration, segment by segment; everything else takes effect when all are done.
    ///
    /// Segments that give up keys come first, then those with keys, then the others in the order in which
    /// keys are assigned.
    package func reloading(_ new: Configuration, groups: GroupTable, keys: KeyTable) -> BrokerWork {
        let answered = (groups: groups.completed(by: self.groups), keys: keys.completed(by: self.keys))
        // Until its turn comes, a segment keeps its previous declaration.
        self.groups = self.groups.merged(with: answered.groups)
        self.keys = self.keys.merged(with: answered.keys)
        let wanted = Set(new.segments.map(\.name))
        let undeclared = names.filter { !wanted.contains($0) }
        let live = names.filter {
            wanted.contains($0) && segments[$0.string]?.lifecycle.keys.isEmpty == false
        }
        let others = placed(new.segments).map(\.definition.name).filter(Set(live).isNotIn)
        var declared: [SegmentName: SegmentLifecycle.Declaration]?
        return BrokerWork(on: undeclared + live + others) { [self] name, outcome in
            guard wanted.contains(name) else { return undeclare(name, &outcome) }
            let declarations =
                declared
                ?? Dictionary(
                    uniqueKeysWithValues: placed(new.segments).map { ($0.definition.name, $0) }
                )
            declared = declarations
            if let declaration = declarations[name] { declare(declaration, &outcome) }
        } end: { [self] in
            configuration = new
            (self.groups, self.keys) = answered
            offerFreedKeys()
        }
    }

    private func undeclare(_ name: SegmentName, _ outcome: inout ReloadOutcome) {
        guard let segment = segments[name.string] else { return }
        if segment.definition != nil { outcome.removing.append(name) }
        send(.undeclared, .look, to: segment)
    }

    private func declare(_ declaration: SegmentLifecycle.Declaration, _ outcome: inout ReloadOutcome) {
        let name = declaration.definition.name
        let segment = segments[name.string] ?? BrokeredSegment(name, as: identity.credentials)
        if segments[name.string] == nil { add(segment) }
        let (before, wasThere) = (segment.definition, segment.hasMemory)
        if before == declaration.definition, segment.isSettled {
            send(.declared(declaration), to: segment)
        } else if ending == .stop {
            send(.stopping, .declared(declaration), .look, to: segment)
        } else {
            send(.declared(declaration), .look, to: segment)
        }
        if !wasThere, segment.live != nil {
            outcome.created.append(name)
        } else if wasThere, before != declaration.definition {
            outcome.changed.append(name)
        }
    }

    /// The declarations of segments in the kernel, whose memory would be lost if they were removed.
    package var liveDeclarations: [SegmentDefinition] {
        segments.values.compactMap { $0.live == nil ? nil : $0.definition }
    }
}

extension BrokeredSegment {
    /// Whether the name has or had memory that clients may have attached.
    fileprivate var hasMemory: Bool { live != nil || !lifecycle.formerMemory.isEmpty }
}

extension Set {
    fileprivate func isNotIn(_ element: Element) -> Bool { !contains(element) }
}
