import SegmentModel
import SegmentTestSupport
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

/// The connections close after the broker has ended its work.
@Suite struct EndingTests {
    @Test func `a restart keeps what goes with its last lease`() throws {
        let mortal = try MortalBroker()
        try mortal.start([.test("a", keep: .whileUsed(linger: .zero)), .test("b")])
        let holder = LeaseHolder(.root)
        let used = try mortal.broker.acquire("a", .readOnly, holder)
        let drained = try mortal.broker.acquire("b", .readOnly, holder)
        mortal.reload([.test("a", keep: .whileUsed(linger: .zero))])
        mortal.broker.stop(isRestart: true)
        mortal.broker.disconnected(holder)
        #expect(Set(mortal.kernel.segments.keys) == [used.identifier, drained.identifier])
        #expect(mortal.broker.leaseCount == 0)
    }

    @Test func `a stop keeps what its last lease, ended by the stop, would remove`() throws {
        let mortal = try MortalBroker()
        try mortal.start([.test("a", keep: .whileUsed(linger: .zero)), .test("b")])
        let holder = LeaseHolder(.root)
        let used = try mortal.broker.acquire("a", .readOnly, holder)
        let drained = try mortal.broker.acquire("b", .readOnly, holder)
        mortal.reload([.test("a", keep: .whileUsed(linger: .zero))])
        mortal.broker.stop(isRestart: false)
        mortal.broker.disconnected(holder)
        #expect(Set(mortal.kernel.segments.keys) == [used.identifier, drained.identifier])
        #expect(mortal.broker.leaseCount == 0)
    }

    @Test func `after a stop nothing is made any more`() throws {
        let mortal = try MortalBroker()
        try mortal.start([.test("a", keep: .untilStop)])
        mortal.broker.stop(isRestart: false)
        #expect(mortal.kernel.segments.isEmpty)
        #expect(throws: BrokerError.self) { try mortal.broker.acquire("a", .readOnly, LeaseHolder(.root)) }
        mortal.reload([.test("a", keep: .untilStop), .test("b")])
        #expect(mortal.kernel.segments.isEmpty)
        #expect(mortal.disk.records.isEmpty)
    }

    @Test func `while it ends for a restart programs are still served`() throws {
        let mortal = try MortalBroker()
        try mortal.start([.test("a", keep: .whileUsed(linger: .zero))])
        mortal.broker.stop(isRestart: true)
        let grant = try mortal.broker.acquire("a", .readOnly, LeaseHolder(.root))
        #expect(mortal.kernel.segments[grant.identifier] != nil)
    }
}
