import SegmentModel
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

/// Renewal: removal and creation in one step, at an administrator's request.
@Suite struct RenewalTests {
    private let administrator = Viewer(client: .root, isAdministrator: true)
    private let key = SegmentKey(rawValue: 0x77)

    private func renew(
        _ fixture: BrokerFixture,
        _ name: String = "a",
        _ when: RemovalPolicy = .ifUnused
    ) throws {
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
        fixture.injector.restart()
        try renew(fixture)
        let renewed = try fixture.describe("a")
        #expect(renewed.state == .ready)
        #expect(renewed.identifier != old)
        #expect(renewed.size.bytes == 8192)
        #expect(renewed.key == other)
        #expect(fixture.kernel.segments[old] == nil)
        #expect(fixture.events.map(\.kind) == [.replaced])
        let calls = fixture.injector.calls.map(\.word)
        let removal = try #require(calls.firstIndex(of: .remove))
        #expect(calls[removal + 1] == .create, "nothing comes in between")
    }

    @Test func `a used segment is refused, waits, or leaves its old memory to its clients`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let holder = LeaseHolder(.member)
        let grant = try fixture.broker.acquire("a", .readOnly, holder)
        #expect(throws: BrokerError.self) { try renew(fixture) }
        #expect(fixture.broker.segments["a"]?.lifecycle.request == nil)
        try renew(fixture, "a", .whenIdle)
        #expect(try fixture.state("a") == .ready)
        #expect(try fixture.broker.acquire("a", .readOnly, LeaseHolder(.root)).identifier == grant.identifier)
        let address = try fixture.kernel.attach(grant.identifier, readOnly: true)
        try renew(fixture, "a", .immediately)
        let renewed = try fixture.describe("a")
        #expect(renewed.state == .ready)
        #expect(renewed.identifier != grant.identifier)
        #expect(fixture.kernel.segments[grant.identifier]?.isMarkedForRemoval == true)
        #expect(fixture.broker.segments["a"]?.lifecycle.request == nil)
        try fixture.kernel.detach(address)
        fixture.broker.check(groups: fixture.groups)
        #expect(fixture.kernel.segments.count == 1)
    }

    @Test func `a pending renewal is done when its last user has gone, also after a kill`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let old = try #require(try fixture.describe("a").identifier)
        let address = try fixture.attach(old)
        try fixture.broker.renew("a", when: .whenIdle, viewer: Plan.administrator)
        try fixture.kill()
        try fixture.start([.test("a")])
        #expect(try fixture.describe("a").identifier == old)
        try fixture.kernel.detach(address)
        fixture.check()
        let renewed = try fixture.describe("a")
        #expect(renewed.state == .ready)
        #expect(renewed.identifier != old)
        fixture.check()
        #expect(try fixture.describe("a").identifier == renewed.identifier, "it is renewed once")
    }

    @Test func `the last request counts: a renewal replaces a removal, and undeclaring withdraws it`()
        throws
    {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let holder = LeaseHolder(.member)
        let grant = try fixture.broker.acquire("a", .readOnly, holder)
        try fixture.broker.remove("a", when: .whenIdle, viewer: administrator)
        #expect(try fixture.state("a") == .draining)
        try renew(fixture, "a", .whenIdle)
        #expect(try fixture.state("a") == .ready)
        _ = fixture.reload([.test("a")])
        #expect(fixture.broker.segments["a"]?.lifecycle.request?.verb == .renew)
        _ = fixture.reload([])
        #expect(throws: BrokerError.noSuchSegment(name: "a")) { try renew(fixture, "a", .immediately) }
        try fixture.broker.release(grant.lease, holder)
        #expect(fixture.kernel.segments.isEmpty)
    }

    @Test func `a missing segment is created, unless it is while-used`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a"), .test("u", keep: .whileUsed(linger: .zero)), .test("s")])
        try fixture.broker.remove("a", when: .immediately, viewer: administrator)
        #expect(try fixture.state("a") == .absent)
        try renew(fixture)
        #expect(try fixture.state("a") == .ready)
        try renew(fixture, "u")
        #expect(try fixture.state("u") == .absent)
        // Marked by an administrator while a client has it attached.
        let old = try #require(try fixture.describe("s").identifier)
        _ = try fixture.kernel.attach(old, readOnly: true)
        try fixture.broker.remove("s", when: .immediately, viewer: administrator)
        #expect(try fixture.state("s") == .removing)
        try renew(fixture, "s", .immediately)
        #expect(try fixture.state("s") == .ready)
        #expect(throws: BrokerError.noSuchSegment(name: "z")) { try renew(fixture, "z") }
    }

    @Test func `a segment that cannot be created again is not removed`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let before = try fixture.describe("a").identifier
        func expectRefused(_ kind: SegmentProblem.Kind, _ comment: Comment) throws {
            #expect(comment) { try renew(fixture, "a", .immediately) } throws: { error in
                guard case .segmentBlocked(_, let problem)? = error as? BrokerError else { return false }
                return problem.kind == kind
            }
            #expect(try fixture.describe("a").identifier == before, comment)
            #expect(fixture.broker.segments["a"]?.lifecycle.request == nil, comment)
        }
        _ = fixture.reload([.test("a", size: 1 << 41)])
        try expectRefused(.kernelLimit, "it is too large")
        _ = fixture.reload([.test("a", size: 1 << 30)])
        fixture.kernel.totalBytes = 1 << 20
        try expectRefused(.kernelLimit, "all together would be too large")
        fixture.kernel.totalBytes = 1 << 50
        fixture.kernel.memoryOfHost = MemoryLimits(
            ram: 1 << 28,
            swap: 0,
            overcommit: .heuristic,
            commitLimit: 0,
            committed: 0
        )
        try expectRefused(.outOfMemory, "the host has less")
        fixture.kernel.memoryOfHost = nil
        fixture.kernel.capacity = 0
        try expectRefused(.kernelLimit, "there are more segments than there may be")
        fixture.kernel.capacity = 4096
        _ = fixture.reload([.test("a", size: 8192, group: "ghosts")])
        try expectRefused(.groupUnknown, "its group does not exist")
        fixture.kernel.acting(as: 1001) {
            _ = try? fixture.kernel.get(key, size: 8, flags: .create, mode: .ownerRead)
        }
        _ = fixture.reload([.test("a", key: .value(key))])
        try expectRefused(.squatted, "its new key is a stranger's")
        _ = fixture.reload([.test("a")])
        fixture.disk.isFull = true
        try expectRefused(.recordsUnwritable, "it cannot be recorded")
    }

    @Test func `a pending renewal is not done while it would leave nothing`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let identifier = try #require(try fixture.describe("a").identifier)
        let address = try fixture.kernel.attach(identifier, readOnly: true)
        _ = fixture.reload([.test("a", size: 1 << 30)])
        try renew(fixture, "a", .whenIdle)
        fixture.kernel.totalBytes = 1 << 20
        try fixture.kernel.detach(address)
        fixture.broker.check(groups: fixture.groups)
        #expect(try fixture.describe("a").identifier == identifier)
        #expect(try fixture.describe("a").hints.map(\.kind.rawValue) == ["renewing", "kernel_limit"])
        fixture.kernel.totalBytes = 1 << 50
        fixture.broker.check(groups: fixture.groups)
        #expect(try fixture.describe("a").size.bytes == 1 << 30)
    }

    @Test func `waiting for another's key names the segments to renew first`() throws {
        let fixture = try BrokerFixture()
        let keys = (0..<4).map { SegmentKey(rawValue: 0x70 + $0) }
        func definitions(_ shift: Int) -> [SegmentDefinition] {
            ["a", "b", "c"].enumerated().map { .test($1, key: .value(keys[($0 + shift) % 3])) }
        }
        try fixture.start(definitions(0))
        _ = fixture.reload([
            .test("a", key: .value(keys[1])), .test("b", key: .value(keys[3])),
            .test("c", key: .value(keys[2])),
        ])
        func remedy(_ name: String) -> String? {
            do { try renew(fixture, name) } catch {
                guard case .segmentBlocked(_, let problem)? = error as? BrokerError else { return nil }
                return problem.remedy
            }
            return nil
        }
        #expect(remedy("a") == "`segmentctl renew b`, then `segmentctl renew a`")
        try renew(fixture, "b")
        try renew(fixture, "a")
        #expect(try fixture.describe("a").key == keys[1])
        _ = fixture.reload(definitions(0))
        try ["a", "b"].forEach { try renew(fixture, $0) }
        _ = fixture.reload(definitions(1))
        #expect(
            remedy("a")
                == "`segmentctl remove a`, `segmentctl renew c`, `segmentctl renew b`, then `segmentctl renew a`"
        )
        try fixture.broker.remove("a", when: .ifUnused, viewer: administrator)
        try ["c", "b", "a"].forEach { try renew(fixture, $0) }
        #expect(try ["a", "b", "c"].map { try fixture.describe($0).key } == [keys[1], keys[2], keys[0]])
    }

    @Test func `swapped files get their own keys again when renewed`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a"), .test("b")])
        let keys = try ["a", "b"].map { try #require(try fixture.describe($0).key) }
        let files = ["a", "b"].map { SegmentDefinition.test($0).file }
        (fixture.kernel.files[files[0]], fixture.kernel.files[files[1]]) =
            (fixture.kernel.files[files[1]], fixture.kernel.files[files[0]])
        _ = fixture.reload([.test("a"), .test("b")])
        try fixture.broker.remove("a", when: .ifUnused, viewer: administrator)
        try renew(fixture, "b")
        try renew(fixture)
        #expect(try ["a", "b"].map { try fixture.describe($0).key } == [keys[1], keys[0]])
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
        try fixture.broker.remove("a", when: .ifUnused, viewer: administrator)
        try renew(fixture, "b")
        try renew(fixture)
        #expect(try fixture.describe("a").key == other)
        #expect(try fixture.describe("b").key == key)
        #expect(try ["a", "b"].map { try fixture.state($0) } == [.ready, .ready])
    }

    @Test(arguments: [KeepDeclaration.untilReboot, .whileUsed(linger: .zero)])
    func `clients of old memory do not keep others from the new`(keep: KeepDeclaration) throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a", keep: keep)])
        let lease = try fixture.broker.acquire("a", .readOnly, LeaseHolder(.member))
        _ = try fixture.kernel.attach(lease.identifier, readOnly: true)
        try? renew(fixture, "a", .immediately)
        try fixture.broker.remove("a", when: .ifUnused, viewer: administrator)
        #expect(try fixture.state("a") == .absent)
        #expect(try fixture.describe("a").formerMemory.map(\.identifier) == [lease.identifier])
        let next = try fixture.broker.acquire("a", .readOnly, LeaseHolder(.member))
        #expect(next.identifier != lease.identifier)
    }

    @Test func `a removal replaces a pending renewal`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let old = try #require(try fixture.describe("a").identifier)
        _ = try fixture.kernel.attach(old, readOnly: true)
        fixture.injector.refused = (.create, .noSpace)
        #expect(throws: BrokerError.self) { try renew(fixture, "a", .immediately) }
        try fixture.broker.remove("a", when: .ifUnused, viewer: administrator)
        fixture.injector.refused = nil
        fixture.broker.check(groups: fixture.groups)
        #expect(try fixture.state("a") == .absent)
    }

    @Test func `a segment that cannot be created again is retried every second for a minute only`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        fixture.injector.refused = (.create, .noSpace)
        #expect(throws: BrokerError.self) { try renew(fixture, "a", .immediately) }
        var tries = 0
        for second in 1...120 {
            fixture.clock.now += .seconds(1)
            if second % 15 == 0 { fixture.broker.check(groups: fixture.groups) }
            fixture.injector.restart()
            fixture.injector.refused = (.create, .noSpace)
            fixture.broker.expire()
            if fixture.injector.calls.contains(where: { $0.word == .create }) { tries += 1 }
        }
        #expect((50...61).contains(tries), "\(tries)")
    }
}
