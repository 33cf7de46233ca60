import SegmentModel
import SystemVSharedMemory

/// The keys of declarations, and the segments that wait for one.
extension Broker {
    /// Returns the declarations with their keys, in the order in which keys are assigned.
    func placed(_ definitions: some Sequence<SegmentDefinition>) -> [SegmentLifecycle.Declaration] {
        reservations.placing(definitions.map(resolver.declaration))
    }

    /// Returns a segment's declaration with its group and key as known now.
    func resolved(_ segment: BrokeredSegment) -> SegmentLifecycle.Declaration? {
        guard let definition = segment.definition else { return nil }
        var resolved = resolver.declaration(definition)
        guard case .at(let computed) = resolved.key else { return resolved }
        let placed = segment.lifecycle.declaration?.key
        if case .at(let key) = placed, definition.key.stands(for: key, computed),
            key == computed || reservations.holders[key] == segment.name
        {
            resolved.key = .at(key)
            return resolved
        }
        // Do not assign all keys anew: a client may call this as often as it likes.
        if definition.key != .ownFile {
            let holder = reservations.holders[computed]
            if let holder, holder != segment.name {
                resolved.key = .impossible(.keyCollision(computed, definition.key, holder: holder))
            }
            return resolved
        }
        return self.placed(segments.values.compactMap(\.definition)).first {
            $0.definition.name == segment.name
        }
    }

    /// Offers freed keys to segments that wait for one.
    func offerFreedKeys() {
        while areKeysFreed {
            areKeysFreed = false
            guard segments.values.contains(where: \.lacksKey) else { return }
            for declaration in placed(segments.values.compactMap(\.definition)) {
                guard declaration.placedKey != nil,
                    let segment = segments[declaration.definition.name.string], segment.lacksKey
                else { continue }
                send(.resolved(declaration), .look, to: segment)
            }
        }
    }
}

extension KeyDeclaration {
    /// Whether a key assigned earlier still belongs to this declaration, whose preferred key is now
    /// `computed`.
    fileprivate func stands(for key: SegmentKey, _ computed: SegmentKey) -> Bool {
        self == .ownFile
            ? key.replacingProjectID(with: 1) == computed.replacingProjectID(with: 1) : key == computed
    }
}

extension BrokeredSegment {
    /// Whether another name has its key.
    fileprivate var lacksKey: Bool {
        guard case .impossible(let problem) = lifecycle.declaration?.key else { return false }
        return problem.kind == .keyCollision
    }
}
