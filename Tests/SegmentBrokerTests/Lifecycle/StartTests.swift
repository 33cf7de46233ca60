import SegmentModel
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentBroker
@testable import SegmentExploration

/// The state after a start, by record, kernel and declaration.
///
/// The previous broker was process 100; the starting one is 101.
@Suite struct StartTests {
    typealias Record = SegmentLifecycle.Record

    struct Row: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var record: Record?
        var kernel: [Host.Segment]
        var isDeclared = true
        var isService = true
        var state: SegmentLifecycle.State
        /// The identifiers that exist afterwards, and whether each is marked.
        var leaves: [Int32: Bool]
        var request: SegmentLifecycle.Request?
    }

    static let rows = [
        // No record.
        Row("none: created", nil, [], to: .ready, leaves: [1: false]),
        Row("none, ours under the key: taken over", nil, [.ours(7)], to: .ready, leaves: [7: false]),
        Row("none, another user's under the key", nil, [.stranger(7)], to: .blocked, leaves: [7: false]),
        Row(
            "none, a program of the same user's, and a person's daemon",
            nil,
            [.ours(7)],
            isService: false,
            to: .blocked,
            leaves: [7: false]
        ),

        // A crash between record and shmget(2), or right after it.
        Row("planned, not there: created", .planned, [], to: .ready, leaves: [1: false]),
        Row("planned, there: taken over", .planned, [.ours(7)], to: .ready, leaves: [7: false]),
        Row(
            "planned, there, and a person's daemon",
            .planned,
            [.ours(7)],
            isService: false,
            to: .ready,
            leaves: [7: false]
        ),
        Row(
            "planned, but another process created it, and a person's daemon",
            .planned,
            [.ours(7, process: 300)],
            isService: false,
            to: .blocked,
            leaves: [7: false]
        ),
        Row(
            "planned, but another user's",
            .planned,
            [.stranger(7)],
            to: .blocked,
            leaves: [7: false]
        ),
        Row("planned, not there, undeclared", .planned, [], isDeclared: false, to: .absent, leaves: [:]),
        Row("planned, there, undeclared", .planned, [.ours(7)], isDeclared: false, to: .absent, leaves: [:]),
        Row(
            "planned, but another process created it, undeclared",
            .planned,
            [.ours(7, process: 300)],
            isDeclared: false,
            to: .absent,
            leaves: [7: false]
        ),

        // A whole record.
        Row("there", .created(7), [.ours(7)], to: .ready, leaves: [7: false]),
        Row("there and attached", .created(7), [.ours(7, clients: 1)], to: .ready, leaves: [7: false]),
        Row("gone: created", .created(7), [], to: .ready, leaves: [1: false]),
        Row("another has its identifier", .created(7), [.stranger(7)], to: .blocked, leaves: [7: false]),
        Row("gone, undeclared", .created(7), [], isDeclared: false, to: .absent, leaves: [:]),
        Row(
            "there and attached, undeclared",
            .created(7),
            [.ours(7, clients: 1)],
            isDeclared: false,
            to: .draining,
            leaves: [7: false]
        ),
        Row(
            "marked and attached: created beside it",
            .created(7),
            [.marked(7)],
            to: .ready,
            leaves: [1: false, 7: true]
        ),
        Row(
            "marked and attached, undeclared",
            .created(7),
            [.marked(7)],
            isDeclared: false,
            to: .removing,
            leaves: [7: true]
        ),

        // What an administrator asked for.
        Row("removal due", .created(7, due: .removeIdle), [.ours(7)], to: .absent, leaves: [:]),
        Row(
            "removal due, attached",
            .created(7, due: .removeIdle),
            [.ours(7, clients: 1)],
            to: .draining,
            leaves: [7: false],
            due: .removeIdle
        ),
        Row(
            "removal `now` due, marked and attached: it had happened",
            .created(7, due: .removeNow),
            [.marked(7)],
            to: .removing,
            leaves: [7: true]
        ),
        Row(
            "removal due, gone: wanted again by the start",
            .created(7, due: .removeIdle),
            [],
            to: .ready,
            leaves: [1: false]
        ),
        Row("renewal due", .created(7, due: .renewIdle), [.ours(7)], to: .ready, leaves: [1: false]),
        Row(
            "renewal due, attached",
            .created(7, due: .renewIdle),
            [.ours(7, clients: 1)],
            to: .ready,
            leaves: [7: false],
            due: .renewIdle
        ),
        Row(
            "renewal due, attached, undeclared: withdrawn",
            .created(7, due: .renewIdle),
            [.ours(7, clients: 1)],
            isDeclared: false,
            to: .draining,
            leaves: [7: false]
        ),

        // A crash within a replacement.
        Row(
            "old one not given up yet: the renewal goes on",
            .replacing(7),
            [.ours(7)],
            to: .ready,
            leaves: [1: false]
        ),
        Row(
            "old one marked and attached, new one there: met",
            .replacing(7),
            [.marked(7), .ours(8)],
            to: .ready,
            leaves: [7: true, 8: false]
        ),
        Row("old one gone, new one there: met", .replacing(7), [.ours(8)], to: .ready, leaves: [8: false]),
        Row("old one gone, new one not there", .replacing(7), [], to: .ready, leaves: [1: false]),
        Row(
            "old one gone, new one not there, undeclared",
            .replacing(7),
            [],
            isDeclared: false,
            to: .absent,
            leaves: [:]
        ),

        // Former memory.
        Row("former memory", .former(6), [.marked(6)], to: .ready, leaves: [1: false, 6: true]),
        Row(
            "former memory that holds the name",
            .former(6, holdsName: true),
            [.marked(6)],
            to: .removing,
            leaves: [6: true]
        ),
        Row(
            "former memory that is gone",
            .former(6, holdsName: true),
            [],
            to: .ready,
            leaves: [1: false]
        ),
        Row(
            "former memory, undeclared",
            .former(6),
            [.marked(6)],
            isDeclared: false,
            to: .removing,
            leaves: [6: true]
        ),
    ]

    @Test(arguments: rows)
    func `a start recovers from every kind of crash`(row: Row) throws {
        var scenario = try #require(Scenario.all.first)
        scenario.isService = row.isService
        var system = ExploredSystem(scenario, faults: 0)
        if !row.isDeclared { system.files = nil }
        system.host.record = row.record
        system.host.segments = row.kernel
        try system.start()
        try system.settle()
        #expect(system.broker?.state == row.state)
        #expect(system.broker?.request == row.request)
        let left = system.host.segments.map { ($0.identifier.rawValue, $0.isMarked) }
        #expect(Dictionary(uniqueKeysWithValues: left) == row.leaves)
    }

    @Test func `a service running as the overflow user trusts only its records`() {
        let nobody = SegmentLifecycle.Credentials(
            userID: OverflowUser.number,
            groupID: 990,
            processID: 100,
            trustsCreator: true
        )
        var life = SegmentLifecycle(SegmentDefinition.test("a").name, as: nobody)
        let action = life.receive(.declared(.declared()))
        #expect(action == [.find(LifecycleUnderTest.key)])
        _ = life.receive(
            .answered(.find(LifecycleUnderTest.key), .observed(.segment(7, creator: OverflowUser.number)))
        )
        #expect(life.state == .blocked)
    }

    @Test func `an unanswered query blocks the name and reserves its key`() {
        var test = LifecycleUnderTest(record: Record(segment: .segment(7), group: .telemetry))
        #expect(test.hear(.declared(.declared())) == [.ask(SegmentIdentifier(rawValue: 7))])
        #expect(test.answer(.refused(LifecycleUnderTest.refusal)) == [])
        #expect(test.life.state == .blocked)
        #expect(test.life.problems == [LifecycleUnderTest.refusal])
        #expect(test.life.keys == [LifecycleUnderTest.key])
        // The next look retries.
        #expect(test.hear(.look) == [.ask(SegmentIdentifier(rawValue: 7))])
        #expect(test.answer(.observed(.segment(7, attachments: 0))).last?.step == .attach)
        #expect(test.life.state == .ready)
    }
}

extension StartTests.Row {
    init(
        _ description: String,
        _ record: SegmentLifecycle.Record?,
        _ kernel: [Host.Segment],
        isDeclared: Bool = true,
        isService: Bool = true,
        to state: SegmentLifecycle.State,
        leaves: [Int32: Bool],
        due request: SegmentLifecycle.Request? = nil
    ) {
        self.init(
            testDescription: description,
            record: record,
            kernel: kernel,
            isDeclared: isDeclared,
            isService: isService,
            state: state,
            leaves: leaves,
            request: request
        )
    }
}

extension SegmentLifecycle.Record {
    private static let traits = Host.Segment.ours(1).identity.traits

    private static func identity(_ identifier: Int32) -> SegmentLifecycle.Identity {
        Host.Segment.ours(identifier).identity
    }

    fileprivate static let planned = Self(segment: .planned(traits), group: .telemetry)

    fileprivate static func created(_ identifier: Int32, due request: SegmentLifecycle.Request? = nil) -> Self
    {
        Self(segment: .created(identity(identifier)), request: request, group: .telemetry)
    }

    fileprivate static func replacing(_ identifier: Int32) -> Self {
        Self(
            segment: .planned(traits),
            replacing: identity(identifier),
            request: .renewIdle,
            group: .telemetry
        )
    }

    fileprivate static func former(_ identifier: Int32, holdsName: Bool = false) -> Self {
        let former = SegmentLifecycle.FormerMemory(identity: identity(identifier), holdsName: holdsName)
        return Self(formerMemory: [former])
    }
}

extension Host.Segment {
    /// As created by the previous broker.
    fileprivate static func ours(_ identifier: Int32, process: Int32 = 100, clients: Int = 0) -> Self {
        let traits = SegmentLifecycle.Traits(
            key: Scenario.key,
            size: 4,
            creatorUserID: 990,
            creatorProcessID: process
        )
        var segment = Self(
            identity: .init(identifier: SegmentIdentifier(rawValue: identifier), traits: traits),
            permissions: .init(userID: 990, groupID: 500, mode: FilePermissions(rawValue: 0o664)),
            isOurs: true
        )
        segment.clients = clients
        return segment
    }

    fileprivate static func marked(_ identifier: Int32) -> Self {
        var segment = ours(identifier, clients: 1)
        segment.isMarked = true
        return segment
    }

    fileprivate static func stranger(_ identifier: Int32) -> Self {
        var segment = ours(identifier, process: 300)
        segment.identity.traits.creatorUserID = 1666
        segment.isOurs = false
        return segment
    }
}
