import SegmentModel
import SegmentTestSupport
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

/// Connections that close after the broker has ended its work.
@Suite struct EndingTests {
    @Test func `a restart keeps segments that end with their last lease`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a", keep: .whileUsed(linger: .zero)), .test("b")])
        let holder = LeaseHolder(.root)
        let used = try fixture.broker.acquire("a", .readOnly, holder)
        let drained = try fixture.broker.acquire("b", .readOnly, holder)
        fixture.reload([.test("a", keep: .whileUsed(linger: .zero))])
        fixture.broker.stop(isRestart: true)
        fixture.broker.disconnected(holder)
        #expect(Set(fixture.kernel.segments.keys) == [used.identifier, drained.identifier])
        #expect(fixture.broker.leaseCount == 0)
    }

    @Test func `a stop does not remove a segment whose last lease it ends`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a", keep: .whileUsed(linger: .zero)), .test("b")])
        let holder = LeaseHolder(.root)
        let used = try fixture.broker.acquire("a", .readOnly, holder)
        let drained = try fixture.broker.acquire("b", .readOnly, holder)
        fixture.reload([.test("a", keep: .whileUsed(linger: .zero))])
        fixture.broker.stop(isRestart: false)
        fixture.broker.disconnected(holder)
        #expect(Set(fixture.kernel.segments.keys) == [used.identifier, drained.identifier])
        #expect(fixture.broker.leaseCount == 0)
    }

    @Test func `nothing is created after a stop`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a", keep: .untilStop)])
        fixture.broker.stop(isRestart: false)
        #expect(fixture.kernel.segments.isEmpty)
        #expect(throws: BrokerError.self) { try fixture.broker.acquire("a", .readOnly, LeaseHolder(.root)) }
        fixture.reload([.test("a", keep: .untilStop), .test("b")])
        #expect(fixture.kernel.segments.isEmpty)
        #expect(fixture.disk.records.isEmpty)
    }

    @Test func `programs are served while the daemon ends for a restart`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a", keep: .whileUsed(linger: .zero))])
        fixture.broker.stop(isRestart: true)
        let grant = try fixture.broker.acquire("a", .readOnly, LeaseHolder(.root))
        #expect(fixture.kernel.segments[grant.identifier] != nil)
    }
}
