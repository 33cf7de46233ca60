package import SegmentRecords
import SystemPackage
package import SegmentModel
package import SystemVSharedMemory

/// Gives every segment a key of its own, the same way at each start.
///
/// Keys that programs compute themselves never move. The key of a segment's own file, that nobody else computes,
/// may take the next free project number.
package struct KeyPlacement: Equatable, Sendable {
    /// Who has which key: those of live and recorded segments come first.
    package private(set) var holders: [SegmentKey: SegmentName]

    package init(holders: [SegmentKey: SegmentName] = [:]) {
        self.holders = holders
    }

    package mutating func hold(_ key: SegmentKey, for name: SegmentName) {
        holders[key] = name
    }

    package mutating func release(_ key: SegmentKey, of name: SegmentName) {
        if holders[key] == name { holders[key] = nil }
    }

    /// The key for a segment whose declaration stands for `computed`, or the collision.
    package mutating func place(
        _ name: SegmentName,
        _ declaration: KeyDeclaration,
        computed: SegmentKey
    ) throws(SegmentProblem) -> SegmentKey {
        guard let key = firstFree(for: name, declaration, computed) else {
            throw .keyCollision(computed, declaration, holder: holders[computed])
        }
        holders[key] = name
        return key
    }

    private func firstFree(
        for name: SegmentName,
        _ declaration: KeyDeclaration,
        _ computed: SegmentKey
    ) -> SegmentKey? {
        func isFree(_ key: SegmentKey) -> Bool {
            key != .unnamed && (holders[key] == nil || holders[key] == name)
        }
        switch declaration {
        case .path, .value:
            return isFree(computed) ? computed : nil
        case .ownFile:
            let first = Int(computed.project)
            return (0..<255).lazy
                .map { computed.withProject(UInt8((first - 1 + $0) % 255 + 1)) }
                .first(where: isFree)
        }
    }

    /// Whole records come before those of a crash between record and shmget(2), which know a key only.
    package static func recalledBefore(_ one: SegmentRecord, _ other: SegmentRecord) -> Bool {
        (one.identifier == nil ? 1 : 0, one.name) < (other.identifier == nil ? 1 : 0, other.name)
    }

    /// The order in which keys are placed: those that never move first, then by name.
    package static func order(_ definitions: [SegmentDefinition]) -> [SegmentDefinition] {
        func isFixed(_ definition: SegmentDefinition) -> Bool { definition.key != .ownFile }
        return definitions.filter(isFixed) + definitions.filter { !isFixed($0) }
    }
}
