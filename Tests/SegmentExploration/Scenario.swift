import SegmentBroker
import SegmentModel
import SegmentTestSupport
import SystemVSharedMemory

/// The declarations of one exploration.
package struct Scenario: Sendable {
    package var title: String
    /// The first is in force initially; the others are possible edits.
    package var declarations: [SegmentLifecycle.Declaration]
    /// A person's daemon shares its user with the person's programs.
    package var isService = true

    static let key = SegmentKey(rawValue: 0x77)
    static let otherKey = SegmentKey(rawValue: 0x41)
    /// The number of the declared group.
    static let group: UInt32 = 500

    package static let all = [
        Self(title: "until-reboot", declarations: [declared(), declared(size: 8)]),
        Self(title: "until-stop", declarations: [declared(.untilStop)]),
        Self(
            title: "while-used, linger 30 s",
            declarations: [declared(.whileUsed(linger: .seconds(30))), declared()]
        ),
        Self(title: "while-used, no linger", declarations: [declared(.whileUsed(linger: .zero))]),
        Self(title: "renewed when unused", declarations: [declared(renews: true)]),
        Self(title: "a person's daemon", declarations: [declared()], isService: false),
        Self(title: "key edited", declarations: [declared(), declared(key: otherKey)]),
        Self(
            title: "group forgotten by the name service",
            declarations: [declared(), declared(.untilReboot, lookup: .unknown)]
        ),
        Self(
            title: "group edited to one that does not exist",
            declarations: [declared(), declared(group: "astronomy", lookup: .unknown)]
        ),
    ]

    private static func declared(
        _ keep: KeepDeclaration = .untilReboot,
        size: UInt64 = 4,
        group: String = "telemetry",
        lookup: GroupLookup = .found(Self.group),
        key: SegmentKey = Self.key,
        renews: Bool = false
    ) -> SegmentLifecycle.Declaration {
        SegmentLifecycle.Declaration(
            .test("a", size: size, group: group, mode: 0o664, keep: keep, key: .value(key)),
            group: lookup,
            key: .at(key),
            renewsWhenUnused: renews
        )
    }
}
