import SegmentModel
import SegmentRecords
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

/// A kernel that does not answer: that does not mean that a segment is gone.
@Suite struct IPCStatFailureTests {
    @Test func `no answer is no removal: a draining segment is not forgotten`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let holder = LeaseHolder(.root)
        let grant = try fixture.broker.acquire("a", .readOnly, holder)
        fixture.reload([])
        fixture.injector.restart()
        fixture.injector.fault = (0, .overflow)
        fixture.check()
        #expect(try fixture.describe("a").state == .draining)
        #expect(fixture.kernel.segments[grant.identifier]?.attachmentCount == 1)
        try fixture.broker.release(grant.lease, holder)
        #expect(fixture.kernel.segments.isEmpty)
    }

    @Test(arguments: [Errno.overflow, .permissionDenied, .noFunction, .notPermitted])
    func `a record is kept until the kernel answers for its segment`(errno: Errno) throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a"), .test("b")])
        let before = try ["a", "b"].map { try fixture.describe($0).identifier }
        try fixture.kill()
        // Segment a is no longer declared.
        try fixture.start([.test("b")], withoutAnswerOf: before[0], errno)
        #expect(try fixture.describe("a").state == .blocked)
        #expect(fixture.disk.records.count == 2)
        #expect(fixture.kernel.segments.count == 2)
        fixture.reload([.test("b")])
        #expect(fixture.disk.records.count == 2)
        fixture.injector.restart()
        fixture.check()
        #expect(Set(fixture.kernel.segments.keys) == Set(before[1...].compactMap(\.self)))
        #expect(throws: BrokerError.noSuchSegment(name: "a")) { try fixture.describe("a") }
    }

    @Test func `a declared segment is not created twice while the kernel does not answer`()
        throws
    {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let before = try fixture.describe("a").identifier
        try fixture.kill()
        // Its file has another inode now, so that a second one would get another key.
        fixture.kernel.files[SegmentDefinition.test("a").file] = 0x999
        try fixture.start([.test("a")], withoutAnswerOf: before)
        #expect(try fixture.describe("a").problems.map(\.kind) == [.kernelRefused])
        fixture.injector.restart()
        fixture.check()
        #expect(try fixture.describe("a").identifier == before)
        #expect(fixture.kernel.segments.count == 1)
    }

    @Test func `no other name gets the key of a segment while the kernel does not answer`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let (identifier, key) = (
            try fixture.describe("a").identifier, try #require(try fixture.describe("a").key)
        )
        try fixture.kill()
        try fixture.start([.test("a"), .test("b", key: .value(key))], withoutAnswerOf: identifier)
        #expect(try fixture.describe("a").problems.map(\.kind) == [.kernelRefused])
        #expect(try fixture.describe("b").problems.map(\.kind) == [.keyCollision])
        fixture.injector.restart()
        fixture.check()
        #expect(try fixture.describe("a").identifier == identifier)
        #expect(try fixture.describe("b").state == .blocked)
        #expect(fixture.kernel.segments.count == 1)
    }

    @Test func `a segment no longer declared when the kernel answers is removed`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let identifier = try fixture.describe("a").identifier
        try fixture.kill()
        try fixture.start([.test("a")], withoutAnswerOf: identifier)
        fixture.reload([])
        #expect(fixture.disk.records.count == 1)
        fixture.injector.restart()
        fixture.check()
        #expect(fixture.kernel.segments.isEmpty)
        #expect(fixture.disk.records.isEmpty)
    }

    @Test func `a reused identifier is not the previous segment`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let old = try #require(try fixture.describe("a").identifier)
        let address = try fixture.attach(old)
        try fixture.broker.remove("a", when: .immediately, viewer: Plan.administrator)
        try fixture.kernel.detach(address)
        fixture.kernel.nextIdentifier = old
        let stranger = Client(processID: 9, userID: 1666, groupID: 1666, supplementaryGroupIDs: [])
        let foreign = try fixture.kernel.acting(as: stranger) { () throws(Errno) in
            try fixture.kernel.get(.private, size: 4096, flags: .create, mode: .ownerReadWrite)
        }
        #expect(foreign == old)
        fixture.check()
        #expect(try fixture.describe("a").state == .absent)
        #expect(try fixture.broker.acquire("a", .readOnly, LeaseHolder(.root)).identifier != old)
        #expect(fixture.kernel.segments[foreign]?.isMarkedForRemoval == false)
    }
}

extension BrokerFixture {
    /// Starts a broker to which the kernel does not answer about one segment until the injector is restarted.
    fileprivate func start(
        _ definitions: [SegmentDefinition],
        withoutAnswerOf identifier: SegmentIdentifier?,
        _ errno: Errno = .overflow
    ) throws {
        injector.silence = (try #require(identifier), errno)
        try start(definitions)
    }
}
