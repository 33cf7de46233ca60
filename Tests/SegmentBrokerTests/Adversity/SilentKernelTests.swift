import SegmentModel
import SegmentRecords
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

/// A kernel that does not answer has not said that a segment is gone.
@Suite struct SilentKernelTests {
    @Test func `no answer is no removal: a draining segment is not forgotten`() throws {
        let mortal = try MortalBroker()
        try mortal.start([.test("a")])
        let holder = LeaseHolder(.root)
        let grant = try mortal.broker.acquire("a", .readOnly, holder)
        mortal.reload([])
        mortal.lifeline.restart()
        mortal.lifeline.fault = (0, .overflow)
        mortal.check()
        #expect(try mortal.describe("a").state == .draining)
        #expect(mortal.kernel.segments[grant.identifier]?.attachmentCount == 1)
        try mortal.broker.release(grant.lease, holder)
        #expect(mortal.kernel.segments.isEmpty)
    }

    @Test(arguments: [Errno.overflow, .permissionDenied, .noFunction, .notPermitted])
    func `a record is kept until the kernel has answered for it`(errno: Errno) throws {
        let mortal = try MortalBroker()
        try mortal.start([.test("a"), .test("b")])
        let before = try ["a", "b"].map { try mortal.describe($0).identifier }
        try mortal.kill()
        // No file declares a any more.
        try mortal.start([.test("b")], withoutAnswerOf: before[0], errno)
        #expect(try mortal.describe("a").state == .blocked)
        #expect(mortal.disk.records.count == 2)
        #expect(mortal.kernel.segments.count == 2)
        mortal.reload([.test("b")])
        #expect(mortal.disk.records.count == 2)
        mortal.lifeline.restart()
        mortal.check()
        #expect(Set(mortal.kernel.segments.keys) == Set(before[1...].compactMap(\.self)))
        #expect(throws: BrokerError.noSuchSegment(name: "a")) { try mortal.describe("a") }
    }

    @Test func `what is declared is not made a second time while the kernel is silent about the first`()
        throws
    {
        let mortal = try MortalBroker()
        try mortal.start([.test("a")])
        let before = try mortal.describe("a").identifier
        try mortal.kill()
        // Its file has another inode now, so that a second one would get another key.
        mortal.kernel.files[SegmentDefinition.test("a").file] = 0x999
        try mortal.start([.test("a")], withoutAnswerOf: before)
        #expect(try mortal.describe("a").problems.map(\.kind) == [.kernelRefused])
        mortal.lifeline.restart()
        mortal.check()
        #expect(try mortal.describe("a").identifier == before)
        #expect(mortal.kernel.segments.count == 1)
    }

    @Test func `nobody else gets the key of a segment of which the kernel says nothing`() throws {
        let mortal = try MortalBroker()
        try mortal.start([.test("a")])
        let (identifier, key) = (
            try mortal.describe("a").identifier, try #require(try mortal.describe("a").key)
        )
        try mortal.kill()
        try mortal.start([.test("a"), .test("b", key: .value(key))], withoutAnswerOf: identifier)
        #expect(try mortal.describe("a").problems.map(\.kind) == [.kernelRefused])
        #expect(try mortal.describe("b").problems.map(\.kind) == [.keyCollision])
        mortal.lifeline.restart()
        mortal.check()
        #expect(try mortal.describe("a").identifier == identifier)
        #expect(try mortal.describe("b").state == .blocked)
        #expect(mortal.kernel.segments.count == 1)
    }

    @Test func `what is no longer declared by the time the kernel answers is removed`() throws {
        let mortal = try MortalBroker()
        try mortal.start([.test("a")])
        let identifier = try mortal.describe("a").identifier
        try mortal.kill()
        try mortal.start([.test("a")], withoutAnswerOf: identifier)
        mortal.reload([])
        #expect(mortal.disk.records.count == 1)
        mortal.lifeline.restart()
        mortal.check()
        #expect(mortal.kernel.segments.isEmpty)
        #expect(mortal.disk.records.isEmpty)
    }

    @Test func `an identifier that is used again is not the segment that it was`() throws {
        let mortal = try MortalBroker()
        try mortal.start([.test("a")])
        let old = try #require(try mortal.describe("a").identifier)
        let address = try mortal.attach(old)
        try mortal.broker.remove("a", when: .now, viewer: Plan.administrator)
        try mortal.kernel.detach(address)
        mortal.kernel.nextIdentifier = old
        let stranger = Client(processID: 9, userID: 1666, groupID: 1666, supplementaryGroupIDs: [])
        let foreign = try mortal.kernel.acting(as: stranger) { () throws(Errno) in
            try mortal.kernel.get(.unnamed, size: 4096, flags: .create, mode: .ownerReadWrite)
        }
        #expect(foreign == old)
        mortal.check()
        #expect(try mortal.describe("a").state == .absent)
        #expect(try mortal.broker.acquire("a", .readOnly, LeaseHolder(.root)).identifier != old)
        #expect(mortal.kernel.segments[foreign]?.isMarkedForRemoval == false)
    }
}

extension MortalBroker {
    /// A start to which the kernel says nothing of one segment, nor later, until the lifeline is restarted.
    fileprivate func start(
        _ definitions: [SegmentDefinition],
        withoutAnswerOf identifier: SegmentIdentifier?,
        _ errno: Errno = .overflow
    ) throws {
        lifeline.silence = (try #require(identifier), errno)
        try start(definitions)
    }
}
