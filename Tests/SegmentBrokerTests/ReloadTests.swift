import SegmentModel
import SegmentRecords
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

@Suite struct ReloadTests {
    private func names(_ names: [SegmentName]) -> [String] { names.map(\.string) }

    @Test func `new ones are made, old ones drained, and the outcome names them`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("kept"), .test("old")])
        let outcome = fixture.reload([.test("kept"), .test("new")])
        #expect(names(outcome.created) == ["new"])
        #expect(names(outcome.changed) == [])
        #expect(names(outcome.removing) == ["old"])
        #expect(try fixture.state("new") == .ready)
        #expect(throws: BrokerError.noSuchSegment(name: "old")) { try fixture.describe("old") }
        #expect(fixture.fake.segments.count == 2)
    }

    @Test func `an undeclared one in use stays until its last user has gone`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("old")])
        let holder = LeaseHolder(.member)
        let grant = try fixture.broker.acquire("old", .readOnly, holder)
        _ = fixture.reload([])
        #expect(try fixture.state("old") == .draining)
        #expect(try fixture.describe("old").problems.map(\.kind) == [.undeclared])
        #expect(fixture.reload([]) == ReloadOutcome())
        try fixture.broker.release(grant.lease, holder)
        #expect(fixture.fake.segments.isEmpty)
        #expect(throws: BrokerError.self) { try fixture.describe("old") }
    }

    @Test func `declared again meanwhile it stays`() throws {
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

    @Test func `an undeclared one survives a restart in use, and is then removed`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("old")])
        let identifier = try #require(try fixture.describe("old").identifier)
        let address = try fixture.fake.acting(as: 0) { try fixture.fake.attach(identifier, readOnly: true) }
        try fixture.kill()
        try fixture.start([])
        #expect(try fixture.state("old") == .draining)
        try fixture.fake.detach(address)
        fixture.broker.check(groups: fixture.groups)
        #expect(fixture.fake.segments.isEmpty)
        #expect(fixture.records.records.isEmpty)
    }

    @Test func `group and mode are in force at once`() throws {
        let fixture = try BrokerFixture()
        fixture.groups.lookups["others"] = .found(700)
        try fixture.start([.test("a")])
        let identifier = try #require(try fixture.describe("a").identifier)
        let outcome = fixture.reload([.test("a", group: "others", mode: 0o644)])
        #expect(names(outcome.changed) == ["a"])
        let status = try fixture.fake.statusOfAny(identifier)
        #expect(status.ownerGroupID == 700)
        #expect(status.mode.rawValue == 0o644)
        #expect(try fixture.describe("a").identifier == identifier)
    }

    @Test func `size and key are in force when it is next made`() throws {
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
        try fixture.broker.remove("a", when: .idle, viewer: administrator)
        let grant = try fixture.broker.acquire("a", .readWrite, LeaseHolder(.member))
        #expect(grant.size.bytes == 8192)
        #expect(grant.key.rawValue == 77)
        #expect(try fixture.state("a") == .ready)
    }

    @Test func `keep and linger are in force at once`() throws {
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
        #expect(fixture.fake.segments.count == 1)
    }

    @Test func `a segment that was removed by an administrator is made again`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        try fixture.broker.remove("a", when: .unused, viewer: Viewer(client: .root, isAdministrator: true))
        let outcome = fixture.reload([.test("a")])
        #expect(names(outcome.created) == ["a"])
    }
}
