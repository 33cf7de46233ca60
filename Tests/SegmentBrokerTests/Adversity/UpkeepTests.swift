import SegmentModel
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

/// What a simulation of many days has found besides.
@Suite struct UpkeepTests {
    private func setMode(_ mode: CModeT, of name: String, _ mortal: MortalBroker) throws {
        let identifier = try #require(try mortal.describe(name).identifier)
        try mortal.kernel.acting(as: .root) { () throws(Errno) in
            try mortal.kernel.setOwner(
                identifier,
                userID: 990,
                groupID: 500,
                mode: FilePermissions(rawValue: mode)
            )
        }
    }

    @Test func `Acquire decides by the permissions as they are after the repair`() throws {
        let mortal = try MortalBroker()
        try mortal.start([.test("a")])
        try setMode(0o000, of: "a", mortal)
        _ = try mortal.broker.acquire("a", .readWrite, LeaseHolder(.member))
        try setMode(0o666, of: "a", mortal)
        #expect(throws: BrokerError.self) {
            try mortal.broker.acquire("a", .readWrite, LeaseHolder(.stranger))
        }
    }

    @Test func `a segment that its owner may not read is shielded by the start that takes it over`() throws {
        let mortal = try MortalBroker()
        try mortal.start([.test("a")])
        try setMode(0o000, of: "a", mortal)
        try mortal.kill()
        try mortal.start([.test("a")])
        #expect(mortal.kernel.segments.values.map(\.attachmentCount) == [1])
        #expect(mortal.kernel.segments.values.map(\.mode.rawValue) == [0o660])
    }

    @Test func `an edit does not take back Remove idle`() throws {
        let mortal = try MortalBroker()
        try mortal.start([.test("a")])
        let holder = LeaseHolder(.root)
        let grant = try mortal.broker.acquire("a", .readOnly, holder)
        try mortal.broker.remove("a", when: .idle, viewer: Plan.administrator)
        mortal.reload([.test("a", size: 8192)])
        #expect(try mortal.describe("a").state == .draining)
        try mortal.broker.release(grant.lease, holder)
        #expect(try mortal.describe("a").state == .absent)
        #expect(try mortal.broker.acquire("a", .readOnly, holder).size.bytes == 8192)
    }

    @Test func `the keeper is never counted as a client, even while a worker has yet to detach`() throws {
        let mortal = try MortalBroker()
        try mortal.start([.test("a"), .test("b")])
        mortal.worker.isBusy = true
        for name in ["a", "b"] { _ = try mortal.attach(try #require(try mortal.describe(name).identifier)) }
        try mortal.broker.remove("a", when: .now, viewer: Plan.administrator)
        let other = try #require(try mortal.describe("b").identifier)
        try mortal.kernel.acting(as: .root) { () throws(Errno) in try mortal.kernel.remove(other) }
        let removed = try mortal.describe("a")
        #expect(removed.state == .removing)
        #expect(removed.attachments == 1)
        let again = try mortal.describe("b")
        #expect(again.state == .ready)
        #expect(again.attachments == 0)
        #expect(mortal.kernel.segments[other]?.attachmentCount == 1)
    }

    @Test func `a while-used segment waits until the first check for clients that a kill has cut off`() throws
    {
        let mortal = try MortalBroker()
        let used = SegmentDefinition.test("a", keep: .whileUsed(linger: .zero))
        try mortal.start([used])
        let first = try mortal.broker.acquire("a", .readOnly, LeaseHolder(.root)).identifier
        try mortal.kill()
        try mortal.start([used])
        mortal.reload([used])
        #expect(try mortal.describe("a").identifier == first)
        let holder = LeaseHolder(.root)
        #expect(try mortal.broker.acquire("a", .readOnly, holder).identifier == first)
        mortal.check()
        #expect(try mortal.describe("a").identifier == first)
        try mortal.kill()
        try mortal.start([used])
        #expect(try mortal.describe("a").identifier == first)
        mortal.check()
        #expect(try mortal.describe("a").state == .absent)
        #expect(mortal.kernel.segments.isEmpty)
    }

    @Test func `a program that comes and goes unseen begins the linger anew`() throws {
        let mortal = try MortalBroker()
        mortal.kernel.clock = mortal.clock
        try mortal.start([.test("a", keep: .whileUsed(linger: .seconds(20)))])
        let holder = LeaseHolder(.root)
        let grant = try mortal.broker.acquire("a", .readOnly, holder)
        try mortal.broker.release(grant.lease, holder)
        mortal.clock.now += .seconds(15)
        try mortal.kernel.detach(try mortal.attach(grant.identifier))
        mortal.clock.now += .seconds(5)
        mortal.broker.expire()
        #expect(mortal.kernel.segments.count == 1)
        #expect(mortal.broker.nextDeadline == mortal.clock.now + .seconds(15))
        mortal.clock.now += .seconds(15)
        mortal.broker.expire()
        #expect(mortal.kernel.segments.isEmpty)
    }

    @Test func `nothing lingers that is not there any more`() throws {
        let mortal = try MortalBroker()
        try mortal.start([.test("a", keep: .whileUsed(linger: .seconds(20)))])
        let holder = LeaseHolder(.root)
        let grant = try mortal.broker.acquire("a", .readOnly, holder)
        try mortal.broker.release(grant.lease, holder)
        #expect(mortal.broker.nextDeadline != nil)
        try mortal.kernel.acting(as: .root) { () throws(Errno) in
            try mortal.kernel.remove(grant.identifier)
        }
        mortal.check()
        #expect(mortal.broker.nextRemoval == nil)
    }

    @Test func `nothing is made for who has leases enough`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a", keep: .whileUsed(linger: .seconds(20)))])
        fixture.broker.configuration.settings.limits.leasesPerUser = 0
        #expect(throws: BrokerError.limitReached(limit: "leases_per_user", value: 0)) {
            try fixture.broker.acquire("a", .readOnly, LeaseHolder(.member))
        }
        #expect(fixture.fake.segments.isEmpty)
    }

    @Test func `a fixed key waits for its segment while that is blocked by its group`() throws {
        let mortal = try MortalBroker()
        let key = SegmentKey(bits: 0x4101_0500)
        mortal.kernel.files[SegmentDefinition.test("b").file] = 0x500
        try mortal.start([.test("a", group: "ghosts", key: .value(key)), .test("b")])
        #expect(try mortal.describe("b").key == key.withProject(66))
        mortal.groups.lookups["ghosts"] = .found(501)
        mortal.check()
        #expect(try mortal.describe("a").key == key)
    }

    @Test func `events tell of names that come and go without a segment`() throws {
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
