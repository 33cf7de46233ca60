import SegmentModel
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

/// An administrator's request outlives the daemon that received it.
@Suite struct DueRequestTests {
    private func remove(_ fixture: BrokerFixture, _ when: RemovalPolicy) throws {
        try fixture.broker.remove("a", when: when, viewer: Plan.administrator)
    }

    @Test func `a pending removal stays pending after a kill, and then the segment is absent`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let identifier = try #require(try fixture.describe("a").identifier)
        let address = try fixture.attach(identifier)
        try remove(fixture, .whenIdle)
        #expect(try fixture.describe("a").state == .draining)
        try fixture.kill()
        try fixture.start([.test("a")])
        fixture.check()
        fixture.reload([.test("a")])
        #expect(try fixture.describe("a").state == .draining)
        #expect(throws: BrokerError.self) { try fixture.broker.acquire("a", .readOnly, LeaseHolder(.root)) }
        try fixture.kernel.detach(address)
        fixture.check()
        #expect(try fixture.describe("a").state == .absent)
        #expect(fixture.kernel.segments.isEmpty)
        #expect(try fixture.broker.acquire("a", .readOnly, LeaseHolder(.root)).identifier != identifier)
    }

    @Test
    func
        `a segment marked at once holds its name across a kill, and a reload creates it again after the last detach`()
        throws
    {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let identifier = try #require(try fixture.describe("a").identifier)
        let address = try fixture.attach(identifier)
        try remove(fixture, .immediately)
        try fixture.kill()
        try fixture.start([.test("a")])
        fixture.check()
        #expect(try fixture.describe("a").state == .removing)
        #expect(try fixture.describe("a").formerMemory.map(\.identifier) == [identifier])
        fixture.reload([.test("a")])
        #expect(try fixture.describe("a").state == .removing)
        try fixture.kernel.detach(address)
        fixture.check()
        #expect(try fixture.describe("a").state == .ready)
        #expect(fixture.kernel.segments.count == 1)
    }

    @Test func `a start reports nothing as blocked that it has only not looked up yet`() throws {
        let fixture = try BrokerFixture()
        let declared = [SegmentDefinition.test("a", group: "telemetry")]
        try fixture.start(declared)
        let address = try fixture.attach(try #require(try fixture.describe("a").identifier))
        try remove(fixture, .whenIdle)
        try fixture.kill()
        try fixture.kernel.detach(address)
        let before = fixture.log.lines.count
        try fixture.start(declared)
        #expect(try fixture.describe("a").state == .ready)
        #expect(
            fixture.log.lines[before...] == [
                "info: Segment a taken over", "notice: Segment a removed", "notice: Segment a created, 4 KiB",
            ]
        )
        fixture.groups = GroupTable()
        try remove(fixture, .immediately)
        try fixture.kill()
        try fixture.start(declared)
        #expect(try fixture.describe("a").state == .blocked)
        #expect(
            fixture.log.lines.filter { $0.contains("Segment a is blocked") } == [
                "error: Segment a is blocked: there is no group telemetry"
            ]
        )
    }

    @Test func `a pending request that cannot be recorded is refused with the reason`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let identifier = try #require(try fixture.describe("a").identifier)
        let address = try fixture.attach(identifier)
        fixture.disk.writeFailure = .noSpace
        #expect {
            try remove(fixture, .whenIdle)
        } throws: { error in
            guard case .segmentBlocked(_, let problem)? = error as? BrokerError else { return false }
            return problem.kind == .recordsUnwritable
        }
        #expect(try fixture.describe("a").state == .ready)
        try fixture.kernel.detach(address)
        fixture.check()
        #expect(try fixture.describe("a").identifier == identifier)
    }
}
