package import SegmentModel
package import SystemVSharedMemory

/// The keys reserved by each name, taken from the lifecycles, and the assignment of keys to declarations.
///
/// Keys that programs compute themselves never move. The key of a segment's own file, which no other program
/// computes, may take the next free project number.
package struct KeyReservations: Equatable, Sendable {
    /// The name of each reserved key.
    package private(set) var holders: [SegmentKey: SegmentName] = [:]
    private var reserved: [SegmentName: [SegmentKey]] = [:]

    package init() {}

    mutating func reserveCapacity(_ count: Int) {
        holders.reserveCapacity(count)
        reserved.reserveCapacity(count)
    }

    /// Sets the keys that a name reserves now; returns those that became free.
    ///
    /// A key that another name holds stays with that name.
    @discardableResult
    package mutating func update(_ name: SegmentName, _ keys: [SegmentKey]) -> [SegmentKey] {
        let before = reserved[name] ?? []
        if keys == before { return [] }
        let now = keys.filter { holders[$0] == nil || holders[$0] == name }
        guard now != before else { return [] }
        let freed = before.filter { !now.contains($0) }
        for key in freed { holders[key] = nil }
        for key in now { holders[key] = name }
        reserved[name] = now.isEmpty ? nil : now
        return freed
    }

    /// Returns the declarations in order of assignment, each with its key or with the collision.
    ///
    /// Reserved keys come first, then keys that never move, then keys of own files; within each, in order of
    /// name.
    package func placing(
        _ declarations: [SegmentLifecycle.Declaration]
    ) -> [SegmentLifecycle.Declaration] {
        var taken = holders
        return Self.order(declarations).map { declaration in
            guard case .at(let computed) = declaration.key else { return declaration }
            let definition = declaration.definition
            var placed = declaration
            if let key = key(for: definition, computed, besides: taken) {
                taken[key] = definition.name
                placed.key = .at(key)
            } else {
                let holder = taken[computed]
                placed.key = .impossible(.keyCollision(computed, definition.key, holder: holder))
            }
            return placed
        }
    }

    private static func order(
        _ declarations: [SegmentLifecycle.Declaration]
    ) -> [SegmentLifecycle.Declaration] {
        func rank(_ declaration: SegmentLifecycle.Declaration) -> (Int, SegmentName) {
            (declaration.definition.key == .ownFile ? 1 : 0, declaration.definition.name)
        }
        return declarations.sorted { rank($0) < rank($1) }
    }

    private func key(
        for definition: SegmentDefinition,
        _ computed: SegmentKey,
        besides taken: [SegmentKey: SegmentName]
    ) -> SegmentKey? {
        let name = definition.name
        func isFree(_ key: SegmentKey) -> Bool { key != .private && (taken[key] ?? name) == name }
        guard definition.key == .ownFile else { return isFree(computed) ? computed : nil }
        // A segment keeps its project number while its file stays the same.
        let kept = reserved[name]?.filter {
            $0.replacingProjectID(with: 1) == computed.replacingProjectID(with: 1)
        }
        return kept?.min { $0.projectID < $1.projectID } ?? computed.ofAllProjects.first(where: isFree)
    }
}

extension SegmentKey {
    /// This key, followed by those of the same file with the other project numbers; these are never 0;
    /// ftok(3).
    fileprivate var ofAllProjects: some Sequence<SegmentKey> {
        let first = max(1, Int(projectID))
        return (0..<255).lazy.map { replacingProjectID(with: UInt8((first - 1 + $0) % 255 + 1)) }
    }
}
