import SegmentModel
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

/// Regressions found by the simulation.
@Suite struct RegressionTests {
    private func setMode(_ mode: CModeT, of name: String, _ fixture: BrokerFixture) throws {
        let identifier = try #require(try fixture.describe(name).identifier)
        try fixture.kernel.acting(as: .root) { () throws(Errno) in
            try fixture.kernel.setOwner(
                identifier,
                userID: 990,
                groupID: 500,
                mode: FilePermissions(rawValue: mode)
            )
        }
    }

    @Test func `Acquire decides by the permissions as they are after the repair`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        try setMode(0o000, of: "a", fixture)
        _ = try fixture.broker.acquire("a", .readWrite, LeaseHolder(.member))
        try setMode(0o666, of: "a", fixture)
        #expect(throws: BrokerError.self) {
            try fixture.broker.acquire("a", .readWrite, LeaseHolder(.stranger))
        }
    }

    @Test func `a segment unreadable for its owner is attached by the start that takes it over`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        try setMode(0o000, of: "a", fixture)
        try fixture.kill()
        try fixture.start([.test("a")])
        #expect(fixture.kernel.segments.values.map(\.attachmentCount) == [1])
        #expect(fixture.kernel.segments.values.map(\.mode.rawValue) == [0o660])
    }

    @Test func `an edit does not take back Remove idle`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let holder = LeaseHolder(.root)
        let grant = try fixture.broker.acquire("a", .readOnly, holder)
        try fixture.broker.remove("a", when: .whenIdle, viewer: Plan.administrator)
        fixture.reload([.test("a", size: 8192)])
        #expect(try fixture.describe("a").state == .draining)
        try fixture.broker.release(grant.lease, holder)
        #expect(try fixture.describe("a").state == .absent)
        #expect(try fixture.broker.acquire("a", .readOnly, holder).size.bytes == 8192)
    }

    @Test func `the broker's attachment is never counted as a client, even before a worker detaches it`()
        throws
    {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a"), .test("b")])
        fixture.worker.isBusy = true
        for name in ["a", "b"] { _ = try fixture.attach(try #require(try fixture.describe(name).identifier)) }
        try fixture.broker.remove("a", when: .immediately, viewer: Plan.administrator)
        let other = try #require(try fixture.describe("b").identifier)
        try fixture.kernel.acting(as: .root) { () throws(Errno) in try fixture.kernel.remove(other) }
        let removed = try fixture.describe("a")
        #expect(removed.state == .removing)
        #expect(removed.attachmentCount == 1)
        let again = try fixture.describe("b")
        #expect(again.state == .ready)
        #expect(again.attachmentCount == 0)
        #expect(fixture.kernel.segments[other]?.attachmentCount == 1)
    }

    @Test func `a while-used segment waits until the first check for clients disconnected by a kill`() throws
    {
        let fixture = try BrokerFixture()
        let used = SegmentDefinition.test("a", keep: .whileUsed(linger: .zero))
        try fixture.start([used])
        let first = try fixture.broker.acquire("a", .readOnly, LeaseHolder(.root)).identifier
        try fixture.kill()
        try fixture.start([used])
        fixture.reload([used])
        #expect(try fixture.describe("a").identifier == first)
        let holder = LeaseHolder(.root)
        #expect(try fixture.broker.acquire("a", .readOnly, holder).identifier == first)
        fixture.check()
        #expect(try fixture.describe("a").identifier == first)
        try fixture.kill()
        try fixture.start([used])
        #expect(try fixture.describe("a").identifier == first)
        fixture.check()
        #expect(try fixture.describe("a").state == .absent)
        #expect(fixture.kernel.segments.isEmpty)
    }

    @Test func `an unnoticed use restarts the linger`() throws {
        let fixture = try BrokerFixture()
        fixture.kernel.clock = fixture.clock
        try fixture.start([.test("a", keep: .whileUsed(linger: .seconds(20)))])
        let holder = LeaseHolder(.root)
        let grant = try fixture.broker.acquire("a", .readOnly, holder)
        try fixture.broker.release(grant.lease, holder)
        fixture.clock.now += .seconds(15)
        try fixture.kernel.detach(try fixture.attach(grant.identifier))
        fixture.clock.now += .seconds(5)
        fixture.broker.expire()
        #expect(fixture.kernel.segments.count == 1)
        #expect(fixture.broker.nextDeadline == fixture.clock.now + .seconds(15))
        fixture.clock.now += .seconds(15)
        fixture.broker.expire()
        #expect(fixture.kernel.segments.isEmpty)
    }

    @Test func `segments that no longer exist do not linger`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a", keep: .whileUsed(linger: .seconds(20)))])
        let holder = LeaseHolder(.root)
        let grant = try fixture.broker.acquire("a", .readOnly, holder)
        try fixture.broker.release(grant.lease, holder)
        #expect(fixture.broker.nextDeadline != nil)
        try fixture.kernel.acting(as: .root) { () throws(Errno) in
            try fixture.kernel.remove(grant.identifier)
        }
        fixture.check()
        #expect(fixture.broker.nextRemoval == nil)
    }

    @Test func `nothing is created for a client at its lease limit`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a", keep: .whileUsed(linger: .seconds(20)))])
        fixture.broker.configuration.settings.limits.leasesPerUser = 0
        #expect(throws: BrokerError.limitReached(limit: "leases_per_user", value: 0)) {
            try fixture.broker.acquire("a", .readOnly, LeaseHolder(.member))
        }
        #expect(fixture.kernel.segments.isEmpty)
    }

    @Test func `a fixed key waits for its segment while that is blocked by its group`() throws {
        let fixture = try BrokerFixture()
        let key = SegmentKey(bits: 0x4101_0500)
        fixture.kernel.files[SegmentDefinition.test("b").file] = 0x500
        try fixture.start([.test("a", group: "ghosts", key: .value(key)), .test("b")])
        #expect(try fixture.describe("b").key == key.replacingProjectID(with: 66))
        fixture.groups.lookups["ghosts"] = .found(501)
        fixture.check()
        #expect(try fixture.describe("a").key == key)
    }

    @Test func `events report names added and removed without a segment`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([
            .test("a", group: "ghosts"), .test("b", group: "ghosts", keep: .whileUsed(linger: .zero)),
        ])
        fixture.groups.lookups["ghosts"] = .found(501)
        fixture.events = []
        fixture.broker.check(groups: fixture.groups)
        #expect(fixture.events.map(\.kind) == [.created, .changed])
        #expect(fixture.events.last?.segment?.state == .absent)
        fixture.events = []
        _ = fixture.reload([.test("a", group: "ghosts"), .test("c", keep: .whileUsed(linger: .zero))])
        #expect(fixture.events.map { "\($0.kind) \($0.name?.string ?? "")" } == ["removed b", "changed c"])
        fixture.events = []
        _ = fixture.reload([.test("a", group: "ghosts"), .test("c", keep: .whileUsed(linger: .zero))])
        #expect(fixture.events.isEmpty)
    }
}
