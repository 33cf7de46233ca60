import SegmentModel
import SegmentTestSupport
import Testing

@testable import SegmentBroker

@Suite struct LogAllowanceTests {
    @Test func `ten lines pass at once, then one every fifteen seconds with the count of omitted ones`() {
        var allowance = LogAllowance()
        let start = Duration.seconds(1000)
        for _ in 0..<10 { #expect(allowance.pass(at: start) == 0) }
        for _ in 0..<300 { #expect(allowance.pass(at: start) == nil) }
        #expect(allowance.pass(at: start + .seconds(14)) == nil)
        #expect(allowance.pass(at: start + .seconds(15)) == 301)
        #expect(allowance.pass(at: start + .seconds(16)) == nil)
        #expect(allowance.pass(at: start + .seconds(30)) == 1)
        #expect(allowance.pass(at: start + .seconds(45)) == 0)
    }

    @Test func `after a pause, the full burst is allowed and no more`() {
        var allowance = LogAllowance()
        for _ in 0..<20 { _ = allowance.pass(at: .zero) }
        let later = Duration.seconds(10_000)
        #expect(allowance.pass(at: later) == 10)
        for _ in 0..<9 { #expect(allowance.pass(at: later) == 0) }
        #expect(allowance.pass(at: later) == nil)
    }

    @Test func `a client that endlessly acquires and releases does not fill the log`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("w", keep: .whileUsed(linger: .zero)), .test("a")])
        let holder = LeaseHolder(.member)
        for _ in 0..<1000 {
            let grant = try fixture.broker.acquire("w", .readWrite, holder)
            try fixture.broker.release(grant.lease, holder)
        }
        #expect(fixture.log.lines.count { $0.contains("Segment w created") } == 10)
        #expect(fixture.log.lines.count { $0.contains("Segment w removed") } == 10)
        // Lines of other segments, and other kinds of this one, are not reduced.
        #expect(fixture.log.lines.contains { $0.contains("Segment a created") })
        fixture.clock.now += .seconds(15)
        _ = try fixture.broker.acquire("w", .readWrite, holder)
        #expect(fixture.log.lines.last?.hasSuffix("; 990 such lines were left out before") == true)
    }

    @Test func `removals by an administrator are logged each time`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a"), .test("w", keep: .whileUsed(linger: .zero))])
        let viewer = Viewer(client: .root, isAdministrator: true)
        for _ in 0..<15 {
            let holder = LeaseHolder(.member)
            for name in ["a", "w"] { _ = try fixture.broker.acquire(name, .readWrite, holder) }
            for name in ["a", "w"] { try fixture.broker.remove(name, when: .immediately, viewer: viewer) }
        }
        #expect(fixture.log.lines.count { $0.contains("Segment a removed") } == 15)
        #expect(fixture.log.lines.count { $0.contains("Segment a created") } == 15)
        #expect(fixture.log.lines.count { $0.contains("Segment w removed") } == 15)
    }

    @Test func `omitted lines are counted even if none follows`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("w", keep: .whileUsed(linger: .zero))])
        let holder = LeaseHolder(.member)
        for _ in 0..<25 {
            let grant = try fixture.broker.acquire("w", .readWrite, holder)
            try fixture.broker.release(grant.lease, holder)
        }
        fixture.clock.now += .seconds(15)
        fixture.broker.check(groups: fixture.groups)
        #expect(
            fixture.log.lines.suffix(2).sorted() == [
                "notice: Segment w: 15 lines of the kind \"created\" left out",
                "notice: Segment w: 15 lines of the kind \"removed\" left out",
            ]
        )
        let count = fixture.log.lines.count
        fixture.clock.now += .seconds(15)
        fixture.broker.check(groups: fixture.groups)
        #expect(fixture.log.lines.count == count)
    }

    @Test func `interference by others is logged each time`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        for _ in 0..<50 {
            try fixture.kernel.remove(try #require(try fixture.describe("a").identifier))
            fixture.broker.check(groups: fixture.groups)
        }
        #expect(fixture.log.lines.count { $0.contains("by another program") } == 50)
    }
}
