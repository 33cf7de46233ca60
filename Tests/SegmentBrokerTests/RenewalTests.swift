import SegmentModel
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

/// Removed and made again in one step, as an administrator asks.
@Suite struct RenewalTests {
    private let administrator = Viewer(client: .root, isAdministrator: true)
    private let key = SegmentKey(rawValue: 0x77)

    private func renew(_ fixture: BrokerFixture, _ name: String = "a", _ when: RemoveWhen = .unused) throws {
        try fixture.broker.renew(name, when: when, viewer: administrator)
    }

    @Test func `an edit of size and key is in force after a renewal, and the keys are never free`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a", key: .value(key))])
        let old = try #require(try fixture.describe("a").identifier)
        let other = SegmentKey(rawValue: 0x78)
        _ = fixture.reload([.test("a", size: 8192, key: .value(other))])
        #expect(try fixture.describe("a").problems.map(\.kind) == [.sizeDiffers, .keyDiffers])
        for problem in try fixture.describe("a").problems {
            #expect(problem.remedy?.contains("`segmentctl renew a`") == true)
        }
        fixture.events = []
        fixture.lifeline.restart()
        try renew(fixture)
        let renewed = try fixture.describe("a")
        #expect(renewed.state == .ready)
        #expect(renewed.identifier != old)
        #expect(renewed.size.bytes == 8192)
        #expect(renewed.key == other)
        #expect(fixture.fake.segments[old] == nil)
        #expect(fixture.events.map(\.kind) == [.replaced])
        let calls = fixture.lifeline.calls.map(\.word)
        let removal = try #require(calls.firstIndex(of: .remove))
        #expect(calls[removal + 1] == .create, "nothing comes in between")
    }

    @Test func `one that is used is refused, waits, or leaves its old memory to those who have it`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let holder = LeaseHolder(.member)
        let grant = try fixture.broker.acquire("a", .readOnly, holder)
        #expect(throws: BrokerError.self) { try renew(fixture) }
        #expect(fixture.broker.segments["a"]?.lifecycle.request == nil)
        try renew(fixture, "a", .idle)
        #expect(try fixture.state("a") == .ready)
        #expect(try fixture.broker.acquire("a", .readOnly, LeaseHolder(.root)).identifier == grant.identifier)
        let address = try fixture.fake.attach(grant.identifier, readOnly: true)
        try renew(fixture, "a", .now)
        let renewed = try fixture.describe("a")
        #expect(renewed.state == .ready)
        #expect(renewed.identifier != grant.identifier)
        #expect(fixture.fake.segments[grant.identifier]?.isMarkedForRemoval == true)
        #expect(fixture.broker.segments["a"]?.lifecycle.request == nil)
        try fixture.fake.detach(address)
        fixture.broker.check(groups: fixture.groups)
        #expect(fixture.fake.segments.count == 1)
    }

    @Test func `one that waits is made again when its last user has gone, also after a kill`() throws {
        let mortal = try MortalBroker()
        try mortal.start([.test("a")])
        let old = try #require(try mortal.describe("a").identifier)
        let address = try mortal.attach(old)
        try mortal.broker.renew("a", when: .idle, viewer: Plan.administrator)
        try mortal.kill()
        try mortal.start([.test("a")])
        #expect(try mortal.describe("a").identifier == old)
        try mortal.kernel.detach(address)
        mortal.check()
        let renewed = try mortal.describe("a")
        #expect(renewed.state == .ready)
        #expect(renewed.identifier != old)
        mortal.check()
        #expect(try mortal.describe("a").identifier == renewed.identifier, "it is renewed once")
    }

    @Test func `the last order counts: a renewal in the place of a removal, and undeclaring withdraws it`()
        throws
    {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let holder = LeaseHolder(.member)
        let grant = try fixture.broker.acquire("a", .readOnly, holder)
        try fixture.broker.remove("a", when: .idle, viewer: administrator)
        #expect(try fixture.state("a") == .draining)
        try renew(fixture, "a", .idle)
        #expect(try fixture.state("a") == .ready)
        _ = fixture.reload([.test("a")])
        #expect(fixture.broker.segments["a"]?.lifecycle.request?.verb == .renew)
        _ = fixture.reload([])
        #expect(throws: BrokerError.noSuchSegment(name: "a")) { try renew(fixture, "a", .now) }
        try fixture.broker.release(grant.lease, holder)
        #expect(fixture.fake.segments.isEmpty)
    }

    @Test func `what is not in the kernel is made, unless it is while-used`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a"), .test("u", keep: .whileUsed(linger: .zero)), .test("s")])
        try fixture.broker.remove("a", when: .now, viewer: administrator)
        #expect(try fixture.state("a") == .absent)
        try renew(fixture)
        #expect(try fixture.state("a") == .ready)
        try renew(fixture, "u")
        #expect(try fixture.state("u") == .absent)
        // Marked by an administrator while a client has it attached.
        let old = try #require(try fixture.describe("s").identifier)
        _ = try fixture.fake.attach(old, readOnly: true)
        try fixture.broker.remove("s", when: .now, viewer: administrator)
        #expect(try fixture.state("s") == .removing)
        try renew(fixture, "s", .now)
        #expect(try fixture.state("s") == .ready)
        #expect(throws: BrokerError.noSuchSegment(name: "z")) { try renew(fixture, "z") }
    }

    @Test func `what cannot be made again is not removed`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let before = try fixture.describe("a").identifier
        func expectRefused(_ kind: SegmentProblem.Kind, _ comment: Comment) throws {
            #expect(comment) { try renew(fixture, "a", .now) } throws: { error in
                guard case .segmentBlocked(_, let problem)? = error as? BrokerError else { return false }
                return problem.kind == kind
            }
            #expect(try fixture.describe("a").identifier == before, comment)
            #expect(fixture.broker.segments["a"]?.lifecycle.request == nil, comment)
        }
        _ = fixture.reload([.test("a", size: 1 << 41)])
        try expectRefused(.kernelLimit, "it is too large")
        _ = fixture.reload([.test("a", size: 8192, group: "ghosts")])
        try expectRefused(.groupUnknown, "its group does not exist")
        fixture.fake.acting(as: 1001) {
            _ = try? fixture.fake.get(key, size: 8, flags: .create, mode: .ownerRead)
        }
        _ = fixture.reload([.test("a", key: .value(key))])
        try expectRefused(.squatted, "its new key is a stranger's")
        _ = fixture.reload([.test("a")])
        fixture.records.isFull = true
        try expectRefused(.recordsUnwritable, "it cannot be recorded")
    }

    @Test func `two live segments that swap their keys are said to need a removal first`() throws {
        let fixture = try BrokerFixture()
        let other = SegmentKey(rawValue: 0x78)
        try fixture.start([.test("a", key: .value(key)), .test("b", key: .value(other))])
        _ = fixture.reload([.test("a", key: .value(other)), .test("b", key: .value(key))])
        #expect {
            try renew(fixture)
        } throws: { error in
            guard case .segmentBlocked(_, let problem)? = error as? BrokerError else { return false }
            return problem.kind == .keyCollision
                && problem.remedy == "`segmentctl remove a`, `segmentctl renew b`, then `segmentctl renew a`"
        }
        try fixture.broker.remove("a", when: .unused, viewer: administrator)
        try renew(fixture, "b")
        try renew(fixture)
        #expect(try fixture.describe("a").key == other)
        #expect(try fixture.describe("b").key == key)
        #expect(try ["a", "b"].map { try fixture.state($0) } == [.ready, .ready])
    }
}
