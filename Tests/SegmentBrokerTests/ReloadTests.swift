import SegmentModel
import SegmentRecords
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

@Suite struct ReloadTests {
    private func names(_ names: [SegmentName]) -> [String] { names.map(\.string) }

    @Test func `new segments are created, old ones drained, and the outcome names them`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("kept"), .test("old")])
        let outcome = fixture.reload([.test("kept"), .test("new")])
        #expect(names(outcome.created) == ["new"])
        #expect(names(outcome.changed) == [])
        #expect(names(outcome.removing) == ["old"])
        #expect(try fixture.state("new") == .ready)
        #expect(throws: BrokerError.noSuchSegment(name: "old")) { try fixture.describe("old") }
        #expect(fixture.kernel.segments.count == 2)
    }

    @Test func `an undeclared segment in use stays until its last user has gone`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("old")])
        let holder = LeaseHolder(.member)
        let grant = try fixture.broker.acquire("old", .readOnly, holder)
        _ = fixture.reload([])
        #expect(try fixture.state("old") == .draining)
        #expect(try fixture.describe("old").problems.map(\.kind) == [.undeclared])
        #expect(fixture.reload([]) == ReloadOutcome())
        try fixture.broker.release(grant.lease, holder)
        #expect(fixture.kernel.segments.isEmpty)
        #expect(throws: BrokerError.self) { try fixture.describe("old") }
    }

    @Test func `a segment declared again in time stays`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("old")])
        let holder = LeaseHolder(.member)
        let grant = try fixture.broker.acquire("old", .readOnly, holder)
        _ = fixture.reload([])
        let outcome = fixture.reload([.test("old")])
        #expect(names(outcome.changed) == ["old"])
        #expect(try fixture.state("old") == .ready)
        try fixture.broker.release(grant.lease, holder)
        #expect(try fixture.describe("old").identifier == grant.identifier)
    }

    @Test func `an undeclared segment in use survives a restart and is then removed`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("old")])
        let identifier = try #require(try fixture.describe("old").identifier)
        let address = try fixture.kernel.acting(as: 0) {
            try fixture.kernel.attach(identifier, readOnly: true)
        }
        try fixture.kill()
        try fixture.start([])
        #expect(try fixture.state("old") == .draining)
        try fixture.kernel.detach(address)
        fixture.broker.check(groups: fixture.groups)
        #expect(fixture.kernel.segments.isEmpty)
        #expect(fixture.disk.records.isEmpty)
    }

    @Test func `group and mode take effect at once`() throws {
        let fixture = try BrokerFixture()
        fixture.groups.lookups["others"] = .found(700)
        try fixture.start([.test("a")])
        let identifier = try #require(try fixture.describe("a").identifier)
        let outcome = fixture.reload([.test("a", group: "others", mode: 0o644)])
        #expect(names(outcome.changed) == ["a"])
        let status = try fixture.kernel.statusOfAny(identifier)
        #expect(status.ownerGroupID == 700)
        #expect(status.mode.rawValue == 0o644)
        #expect(try fixture.describe("a").identifier == identifier)
    }

    @Test func `size and key take effect when the segment is next created`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let before = try fixture.describe("a")
        _ = fixture.reload([.test("a", size: 8192, key: .value(SegmentKey(rawValue: 77)))])
        let drifted = try fixture.describe("a")
        #expect(drifted.state == .drifted)
        #expect(drifted.problems.map(\.kind) == [.sizeDiffers, .keyDiffers])
        #expect(drifted.identifier == before.identifier)
        #expect(drifted.size.bytes == 4096)
        let administrator = Viewer(client: .root, isAdministrator: true)
        try fixture.broker.remove("a", when: .whenIdle, viewer: administrator)
        let grant = try fixture.broker.acquire("a", .readWrite, LeaseHolder(.member))
        #expect(grant.size.bytes == 8192)
        #expect(grant.key.rawValue == 77)
        #expect(try fixture.state("a") == .ready)
    }

    @Test func `keep and linger take effect at once`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        _ = fixture.reload([.test("a", keep: .whileUsed(linger: .seconds(10)))])
        #expect(fixture.broker.nextDeadline == fixture.clock.now + .seconds(10))
        _ = fixture.reload([.test("a", keep: .untilStop)])
        #expect(fixture.broker.nextDeadline == nil)
        #expect(try fixture.state("a") == .ready)
    }

    @Test func `a key given up by one is free for another in the same reload`() throws {
        let fixture = try BrokerFixture()
        let key = SegmentKey(rawValue: 0x77)
        try fixture.start([.test("z", key: .value(key))])
        _ = fixture.reload([.test("a", key: .value(key))])
        #expect(try fixture.state("a") == .ready)
        #expect(fixture.kernel.segments.count == 1)
    }

    @Test func `a segment removed by an administrator is created again`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        try fixture.broker.remove("a", when: .ifUnused, viewer: Viewer(client: .root, isAdministrator: true))
        let outcome = fixture.reload([.test("a")])
        #expect(names(outcome.created) == ["a"])
    }

    @Test func `another inode of a segment's own file is a hint, one of a path is drift`() throws {
        let fixture = try BrokerFixture()
        fixture.kernel.files["/srv/file"] = 0x1_0007
        let declared: [SegmentDefinition] = [.test("a"), .test("p", key: .path("/srv/file", project: 65))]
        try fixture.start(declared)
        fixture.kernel.files[SegmentDefinition.test("a").file] = 0x999
        fixture.kernel.files["/srv/file"] = 0x998
        _ = fixture.reload(declared)
        let own = try fixture.describe("a")
        #expect(own.state == .ready)
        #expect(own.problems == [])
        #expect(own.hints.map(\.kind) == [.keyMoved])
        let path = try fixture.describe("p")
        #expect(path.state == .drifted)
        #expect(path.problems.map(\.kind) == [.keyMoved])
    }

    @Test func `a missing key file is reported until it is back`() throws {
        let fixture = try BrokerFixture()
        fixture.kernel.files["/srv/one"] = 0x1_0007
        try fixture.start([.test("a", key: .path("/srv/one", project: 65))])
        let before = try fixture.describe("a").identifier
        fixture.kernel.files["/srv/one"] = nil
        fixture.broker.check(groups: fixture.groups)
        let lost = try fixture.describe("a")
        #expect(lost.state == .drifted)
        #expect(lost.problems.map(\.kind) == [.keyPathMissing])
        #expect(lost.identifier == before)
        fixture.kernel.files["/srv/one"] = 0x1_0007
        fixture.broker.check(groups: fixture.groups)
        #expect(try fixture.state("a") == .ready)
    }

    @Test func `a reload to a nonexistent group revokes the group bits and reports it at once`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let identifier = try #require(try fixture.describe("a").identifier)
        _ = fixture.reload([.test("a", group: "ghosts")])
        #expect(try fixture.state("a") == .drifted)
        #expect(try fixture.describe("a").problems.map(\.kind) == [.groupUnknown])
        #expect(fixture.kernel.segments[identifier]?.mode == .ownerReadWrite)
        #expect(fixture.kernel.segments[identifier]?.ownerGroupID == 990)
        #expect(throws: BrokerError.self) { try fixture.broker.acquire("a", .readOnly, LeaseHolder(.member)) }
    }

    @Test func `a group whose name goes missing keeps its access, also over a start`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let identifier = try #require(try fixture.describe("a").identifier)
        fixture.groups.lookups["telemetry"] = .unknown
        for step in [{ fixture.check() }, { fixture.reload([.test("a")]) }] {
            step()
            #expect(try fixture.describe("a").state == .ready)
            #expect(try fixture.describe("a").hints.map(\.kind) == [.groupUnknown])
            #expect(fixture.kernel.segments[identifier]?.ownerGroupID == 500)
            #expect(fixture.kernel.segments[identifier]?.mode.rawValue == 0o660)
        }
        try fixture.kill()
        try fixture.start([.test("a")])
        #expect(try fixture.describe("a").state == .ready)
        #expect(fixture.kernel.segments[identifier]?.ownerGroupID == 500)
        #expect(try fixture.broker.acquire("a", .readOnly, LeaseHolder(.member)).identifier == identifier)
    }

    @Test func `two absent segments swap their keys in one reload`() throws {
        let fixture = try BrokerFixture()
        let (one, two) = (SegmentKey(rawValue: 0x77), SegmentKey(rawValue: 0x78))
        let used = KeepDeclaration.whileUsed(linger: .zero)
        try fixture.start([
            .test("a", keep: used, key: .value(one)), .test("b", keep: used, key: .value(two)),
        ])
        _ = fixture.reload([
            .test("a", keep: used, key: .value(two)), .test("b", keep: used, key: .value(one)),
        ])
        let holder = LeaseHolder(.member)
        #expect(try fixture.broker.acquire("a", .readOnly, holder).key == two)
        #expect(try fixture.broker.acquire("b", .readOnly, holder).key == one)
    }

    @Test func `an absent segment does not keep a key that it no longer declares`() throws {
        let fixture = try BrokerFixture()
        let (one, two) = (SegmentKey(rawValue: 0x77), SegmentKey(rawValue: 0x78))
        try fixture.start([
            .test("a", key: .value(one)), .test("b", keep: .whileUsed(linger: .zero), key: .value(two)),
        ])
        let administrator = Viewer(client: .root, isAdministrator: true)
        // Both exist when the reload begins, so b waits for the key of a.
        let holder = LeaseHolder(.member)
        let grant = try fixture.broker.acquire("b", .readOnly, holder)
        _ = fixture.reload([
            .test("a", key: .value(SegmentKey(rawValue: 0x79))),
            .test("b", keep: .whileUsed(linger: .zero), key: .value(one)),
        ])
        try fixture.broker.release(grant.lease, holder)
        #expect(try fixture.describe("b").problems.map(\.kind) == [.keyCollision])
        try fixture.broker.remove("a", when: .immediately, viewer: administrator)
        #expect(try fixture.state("a") == .absent)
        #expect(try fixture.broker.acquire("b", .readOnly, holder).key == one)
    }
}
