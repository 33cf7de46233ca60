import SegmentModel
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

/// Whom the group bits are granted to when the name service says something else, or nothing.
@Suite struct GroupTests {
    private typealias Declaration = SegmentLifecycle.Declaration
    private let seven = SegmentIdentifier(rawValue: 7)

    private static func permissions(_ group: UInt32, _ mode: CModeT) -> SegmentLifecycle.Permissions {
        SegmentLifecycle.Permissions(userID: 990, groupID: group, mode: FilePermissions(rawValue: mode))
    }

    @Test(arguments: [GroupLookup.unknown, .failed(5), .unanswered])
    func `the number of a group that is no longer known stays in force, with a hint`(lookup: GroupLookup) {
        var test = LifecycleUnderTest.ready()
        #expect(test.hear(.resolved(.declared(lookup: lookup))) == [])
        #expect(test.life.state == .ready)
        #expect(test.life.hints.map(\.kind) == [.groupUnknown])
        // Also when somebody has changed it meanwhile.
        #expect(test.look(.segment(7, .root)) == [.setPermissions(seven, .declared)])
    }

    @Test(arguments: [GroupLookup.unknown, .failed(5), .unanswered])
    func `a start with a record cuts nobody off`(lookup: GroupLookup) {
        var test = LifecycleUnderTest(
            record: SegmentLifecycle.Record(segment: .segment(7), group: .telemetry)
        )
        test.hear(.declared(.declared(lookup: lookup)))
        test.answer(.observed(.segment(7, attachments: 0)))
        #expect(test.answer(.attached(AttachmentAddress(rawValue: 1))) == [])
        #expect(test.life.state == .ready)
    }

    @Test func `another group that does not exist gets nothing, and the old one loses it`() {
        var test = LifecycleUnderTest.ready()
        let wanted = Self.permissions(990, 0o600)
        #expect(
            test.hear(.declared(.declared(group: "astronomy", lookup: .unknown)))
                == [.setPermissions(seven, wanted)]
        )
        test.answer(.observed(.segment(7, wanted)))
        #expect(test.life.state == .drifted)
        #expect(test.life.problems.map(\.kind) == [.groupUnknown])
        // Back to the first: its number is still recorded.
        #expect(test.hear(.declared(.declared(lookup: .unanswered))) == [.setPermissions(seven, .declared)])
    }

    @Test(arguments: [GroupLookup.failed(5), .unanswered])
    func `another group that is not known yet changes nothing`(lookup: GroupLookup) {
        var test = LifecycleUnderTest.ready()
        #expect(test.hear(.declared(.declared(group: "astronomy", lookup: lookup))) == [])
        #expect(test.life.state == .ready)
        #expect(test.life.hints.map(\.kind) == [.groupUnknown])
    }

    @Test func `another group is recorded before it is let in`() {
        var test = LifecycleUnderTest.ready()
        let actions = test.hear(.declared(.declared(group: "astronomy", lookup: .found(600))))
        let group = SegmentLifecycle.RecordedGroup(name: "astronomy", number: 600)
        #expect(actions == [.writeRecord(SegmentLifecycle.Record(segment: .segment(7), group: group))])
        #expect(test.answer(.done) == [.setPermissions(seven, Self.permissions(600, 0o660))])
    }

    @Test func `nothing is created for a group that was never known`() {
        var test = LifecycleUnderTest()
        test.hear(.declared(.declared(lookup: .unknown)))
        #expect(test.answer(.nothing) == [])
        #expect(test.life.state == .blocked)
        #expect(test.life.problems.map(\.kind) == [.groupUnknown])
    }

    @Test func `what vanished is made again for a group that is no longer known`() {
        var test = LifecycleUnderTest.ready()
        test.hear(.resolved(.declared(lookup: .unanswered)))
        test.hear(.look)
        test.answer(.nothing)
        test.create(8)
        #expect(test.life.state == .ready)
    }

    @Test func `what an administrator removed is not made again for a group that is no longer known`() {
        var test = LifecycleUnderTest.ready()
        test.hear(.asked(.removeIdle))
        test.answer(.done)
        test.answer(.observed(.segment(7, .shut)))
        test.answer(.done)
        test.answer(.nothing)
        test.answer(.done)
        test.hear(.declared(.declared(lookup: .unknown)))
        #expect(test.answer(.nothing) == [])
        #expect(test.life.state == .blocked)
    }

    @Test func `nor is it after a crash within its removal`() {
        let record = SegmentLifecycle.Record(
            segment: .segment(7),
            request: .removeIdle,
            group: .telemetry
        )
        var test = LifecycleUnderTest(record: record)
        #expect(test.hear(.declared(.declared(lookup: .unknown))) == [.ask(seven)])
        #expect(test.answer(.nothing) == [.find(LifecycleUnderTest.key)])
        #expect(test.answer(.nothing) == [.eraseRecord])
        #expect(test.answer(.done) == [])
        #expect(test.life.state == .blocked)
    }

    @Test func `who slips into a segment that was shut twice gets the first permissions back`() {
        var test = LifecycleUnderTest.ready()
        #expect(test.hear(.undeclared) == [.setPermissions(seven, .shut)])
        #expect(test.answer(.observed(.segment(7, .root))) == [.setPermissions(seven, .shut)])
        let actions = test.answer(.observed(.segment(7, .shut, attachments: 2)))
        #expect(actions == [.setPermissions(seven, .declared)])
    }

    @Test func `an undeclared segment keeps its group until it leaves`() {
        var test = LifecycleUnderTest.ready(clients: 1)
        test.hear(.undeclared)
        test.hear(.look)
        #expect(test.answer(.observed(.segment(7, .root, attachments: 2))) == [])
        #expect(test.life.state == .draining)
    }
}
