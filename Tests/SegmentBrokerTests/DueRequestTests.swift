import SegmentModel
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

/// What an administrator has asked for outlives the daemon that was asked.
@Suite struct DueRequestTests {
    private func remove(_ mortal: MortalBroker, _ when: RemoveWhen) throws {
        try mortal.broker.remove("a", when: when, viewer: Plan.administrator)
    }

    @Test func `a removal that waits still waits after a kill, and then the segment is absent`() throws {
        let mortal = try MortalBroker()
        try mortal.start([.test("a")])
        let identifier = try #require(try mortal.describe("a").identifier)
        let address = try mortal.attach(identifier)
        try remove(mortal, .idle)
        #expect(try mortal.describe("a").state == .draining)
        try mortal.kill()
        try mortal.start([.test("a")])
        mortal.check()
        mortal.reload([.test("a")])
        #expect(try mortal.describe("a").state == .draining)
        #expect(throws: BrokerError.self) { try mortal.broker.acquire("a", .readOnly, LeaseHolder(.root)) }
        try mortal.kernel.detach(address)
        mortal.check()
        #expect(try mortal.describe("a").state == .absent)
        #expect(mortal.kernel.segments.isEmpty)
        #expect(try mortal.broker.acquire("a", .readOnly, LeaseHolder(.root)).identifier != identifier)
    }

    @Test
    func `marked at once, it holds the name over a kill, and a reload makes it again after the last detach`()
        throws
    {
        let mortal = try MortalBroker()
        try mortal.start([.test("a")])
        let identifier = try #require(try mortal.describe("a").identifier)
        let address = try mortal.attach(identifier)
        try remove(mortal, .now)
        try mortal.kill()
        try mortal.start([.test("a")])
        mortal.check()
        #expect(try mortal.describe("a").state == .removing)
        #expect(try mortal.describe("a").formerMemory.map(\.identifier) == [identifier])
        mortal.reload([.test("a")])
        #expect(try mortal.describe("a").state == .removing)
        try mortal.kernel.detach(address)
        mortal.check()
        #expect(try mortal.describe("a").state == .ready)
        #expect(mortal.kernel.segments.count == 1)
    }

    @Test func `an order that waits and cannot be recorded is refused with the reason`() throws {
        let mortal = try MortalBroker()
        try mortal.start([.test("a")])
        let identifier = try #require(try mortal.describe("a").identifier)
        let address = try mortal.attach(identifier)
        mortal.disk.writeFailure = .noSpace
        #expect {
            try remove(mortal, .idle)
        } throws: { error in
            guard case .segmentBlocked(_, let problem)? = error as? BrokerError else { return false }
            return problem.kind == .recordsUnwritable
        }
        #expect(try mortal.describe("a").state == .ready)
        try mortal.kernel.detach(address)
        mortal.check()
        #expect(try mortal.describe("a").identifier == identifier)
    }
}
