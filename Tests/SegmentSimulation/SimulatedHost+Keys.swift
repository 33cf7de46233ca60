import SegmentBroker
import SegmentModel
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory

/// The assignment of keys to declarations.
extension SimulatedHost {
    /// Checks each segment's key: one that programs compute never moves, and one of an own file stays with
    /// the file and with the live segment.
    func checkPlacing(_ view: [SegmentDescription]) {
        var reservations = KeyReservations()
        for segment in view {
            if let key = segment.key { reservations.update(segment.name, [key]) }
        }
        var taken = reservations.holders
        for declaration in reservations.placing(inForce.values.map(resolver.declaration)) {
            let definition = declaration.definition
            guard let computed = try? resolver.key(of: definition) else { continue }
            let live = view.first { $0.name == definition.name }?.key
            guard let key = declaration.placedKey else {
                require(
                    definition.key != .ownFile && taken[computed] != nil
                        && taken[computed] != definition.name,
                    "\(definition.name) gets no key, and nobody has \(computed)"
                )
                continue
            }
            require(taken[key] ?? definition.name == definition.name, "\(definition.name) gets another's key")
            taken[key] = definition.name
            guard definition.key == .ownFile else {
                require(key == computed, "\(definition.name) gets key \(key), not \(computed)")
                continue
            }
            require(
                key.replacingProjectID(with: 1) == computed.replacingProjectID(with: 1),
                "\(definition.name) gets another file's key"
            )
            guard let live, live.replacingProjectID(with: 1) == computed.replacingProjectID(with: 1) else {
                continue
            }
            require(key == live, "\(definition.name) gets key \(key), and has \(live)")
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
            ownGroupID: BrokerFixture.userID,
            isService: isService
        )
    }
}
