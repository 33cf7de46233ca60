import SegmentModel
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory

/// Random declarations by an administrator: few names and fewer keys, so that they collide.
enum Declarations {
    static let names = ["a", "b", "c", "d", "e"]
    static let keyFiles: [FilePath] = ["/srv/first", "/srv/second"]
    static let values = [SegmentKey(rawValue: 0x77), SegmentKey(rawValue: -5)]

    static func random(_ name: String, _ random: inout SeededGenerator) -> SegmentDefinition {
        .test(
            name,
            size: random.pick([1, 4096, 4096, 8192, 1 << 30, 1 << 31]),
            group: random.pick(["telemetry", "telemetry", "others", "ghosts", nil]),
            mode: random.pick([0o660, 0o660, 0o664, 0o600, 0o640, 0o666, 0o777]),
            keep: random.pick([
                .untilReboot, .untilReboot, .untilStop, .whileUsed(linger: .zero),
                .whileUsed(linger: .seconds(20)),
            ]),
            key: key(&random)
        )
    }

    private static func key(_ random: inout SeededGenerator) -> KeyDeclaration {
        switch random.below(6) {
        case 0: .value(random.pick(values))
        case 1: .path(random.pick(keyFiles), project: random.pick([65, 66]))
        default: .ownFile
        }
    }

    /// Removes declarations that claim the same fixed key: these are errors of text, so no broker ever sees
    /// them.
    static func withoutClashes(
        _ definitions: [SegmentName: SegmentDefinition]
    ) -> [SegmentName: SegmentDefinition] {
        var claimed: Set<KeyDeclaration> = []
        return definitions.keys.sorted().reduce(into: [:]) { kept, name in
            guard let definition = definitions[name] else { return }
            if definition.key == .ownFile || claimed.insert(definition.key).inserted {
                kept[name] = definition
            }
        }
    }
}
