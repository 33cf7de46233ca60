import SegmentBroker
import SegmentModel
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory

/// Which keys declarations get, by one rule and by the other.
extension World {
    /// Both give each declaration the same key, whatever lives.
    func judgePlacing(_ view: [SegmentDescription]) {
        var placement = KeyPlacement()
        var reservations = KeyReservations()
        for segment in view {
            guard let key = segment.key else { continue }
            placement.hold(key, for: segment.name)
            reservations.update(segment.name, [key])
        }
        for declaration in reservations.placing(inForce.values.map(resolver.declaration)) {
            let definition = declaration.definition
            guard let computed = try? resolver.key(of: definition) else { continue }
            let live = view.first { $0.name == definition.name }?.key
            // The old rule is asked only for what does not live.
            let keepsKey = definition.key == .ownFile && live?.withProject(1) == computed.withProject(1)
            let expected =
                keepsKey ? live : try? placement.place(definition.name, definition.key, computed: computed)
            require(
                declaration.placedKey == expected,
                "\(definition.name) gets key \(declaration.placedKey as SegmentKey?), not \(expected as SegmentKey?)"
            )
        }
    }

    private var resolver: DeclarationResolver {
        var keys = KeyTable()
        for file in Set(inForce.values.compactMap(\.keyFile)) {
            keys.lookups[file] = KeyLookup(file, in: kernel)
        }
        return DeclarationResolver(
            groups: groupsInForce,
            keys: keys,
            ownGroupID: BrokerLife.userID,
            isService: isService
        )
    }
}
