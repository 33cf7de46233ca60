import SegmentModel
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

/// The group bits when the name service forgets a group or does not answer.
@Suite struct GroupTests {
    private typealias Declaration = SegmentLifecycle.Declaration
    private let seven = SegmentIdentifier(rawValue: 7)

    private static func permissions(_ group: UInt32, _ mode: CModeT) -> SegmentLifecycle.Permissions {
        SegmentLifecycle.Permissions(userID: 990, groupID: group, mode: FilePermissions(rawValue: mode))
    }

    @Test(arguments: [GroupLookup.unknown, .failed(5), .unanswered])
    func `a group that can no longer be looked up keeps its number, with a hint`(lookup: GroupLookup) {
        var test = LifecycleUnderTest.ready()
        #expect(test.hear(.resolved(.declared(lookup: lookup))) == [])
        #expect(test.life.state == .ready)
        #expect(test.life.hints.map(\.kind) == [.groupUnknown])
        // Repairs use the recorded number, too.
        #expect(test.look(.segment(7, .root)) == [.setPermissions(seven, .declared)])
    }

    @Test(arguments: [GroupLookup.unknown, .failed(5), .unanswered])
    func `a start before the name service cuts off no client`(lookup: GroupLookup) {
        var test = LifecycleUnderTest(
            record: SegmentLifecycle.Record(segment: .segment(7), group: .telemetry)
        )
        test.hear(.declared(.declared(lookup: lookup)))
        test.answer(.observed(.segment(7, attachments: 0)))
        #expect(test.answer(.attached(AttachmentAddress(rawValue: 1))) == [])
        #expect(test.life.state == .ready)
    }

    @Test func `declaring a nonexistent group revokes the group bits`() {
        var test = LifecycleUnderTest.ready()
        let wanted = Self.permissions(990, 0o600)
        #expect(
            test.hear(.declared(.declared(group: "astronomy", lookup: .unknown)))
                == [.setPermissions(seven, wanted)]
        )
        test.answer(.observed(.segment(7, wanted)))
        #expect(test.life.state == .drifted)
        #expect(test.life.problems.map(\.kind) == [.groupUnknown])
        // The old group is still recorded.
        #expect(test.hear(.declared(.declared(lookup: .unanswered))) == [.setPermissions(seven, .declared)])
    }

    @Test(arguments: [GroupLookup.failed(5), .unanswered])
    func `a different group with no answer yet changes nothing`(lookup: GroupLookup) {
        var test = LifecycleUnderTest.ready()
        #expect(test.hear(.declared(.declared(group: "astronomy", lookup: lookup))) == [])
        #expect(test.life.state == .ready)
        #expect(test.life.hints.map(\.kind) == [.groupUnknown])
    }

    @Test func `a new group is recorded before it gets access`() {
        var test = LifecycleUnderTest.ready()
        let actions = test.hear(.declared(.declared(group: "astronomy", lookup: .found(600))))
        let group = SegmentLifecycle.RecordedGroup(name: "astronomy", number: 600)
        #expect(actions == [.writeRecord(SegmentLifecycle.Record(segment: .segment(7), group: group))])
        #expect(test.answer(.done) == [.setPermissions(seven, Self.permissions(600, 0o660))])
    }

    @Test func `no segment is created for an unknown group`() {
        var test = LifecycleUnderTest()
        test.hear(.declared(.declared(lookup: .unknown)))
        #expect(test.answer(.nothing) == [])
        #expect(test.life.state == .blocked)
        #expect(test.life.problems.map(\.kind) == [.groupUnknown])
    }

    @Test func `a vanished segment is recreated for a forgotten group`() {
        var test = LifecycleUnderTest.ready()
        test.hear(.resolved(.declared(lookup: .unanswered)))
        test.hear(.look)
        test.answer(.nothing)
        test.create(8)
        #expect(test.life.state == .ready)
    }

    @Test func `a segment removed by an administrator is not recreated for a forgotten group`() {
        var test = LifecycleUnderTest.ready()
        test.hear(.asked(.removeIdle))
        test.answer(.done)
        test.answer(.observed(.segment(7, .ownerOnly)))
        test.answer(.done)
        test.answer(.nothing)
        test.answer(.done)
        test.hear(.declared(.declared(lookup: .unknown)))
        #expect(test.answer(.nothing) == [])
        #expect(test.life.state == .blocked)
    }

    @Test func `a segment whose removal was interrupted by a crash is not recreated for a forgotten group`() {
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

    @Test func `restricting a segment twice still restores the original permissions`() {
        var test = LifecycleUnderTest.ready()
        #expect(test.hear(.undeclared) == [.setPermissions(seven, .ownerOnly)])
        #expect(test.answer(.observed(.segment(7, .root))) == [.setPermissions(seven, .ownerOnly)])
        let actions = test.answer(.observed(.segment(7, .ownerOnly, attachments: 2)))
        #expect(actions == [.setPermissions(seven, .declared)])
    }

    @Test func `an undeclared segment keeps its permissions until it is removed`() {
        var test = LifecycleUnderTest.ready(clients: 1)
        test.hear(.undeclared)
        test.hear(.look)
        #expect(test.answer(.observed(.segment(7, .root, attachments: 2))) == [])
        #expect(test.life.state == .draining)
    }
}
