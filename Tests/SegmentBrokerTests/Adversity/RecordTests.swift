import SegmentModel
import SegmentRecords
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

/// Records that cannot be written, removed or trusted.
@Suite struct RecordTests {
    private func name(_ text: String) throws -> SegmentName { try #require(SegmentName(text)) }

    /// Counts a case for the table of `make resilience`.
    private func tried() {
        Resilience.record(
            "a record garbled, of another boot or version, or on a disk that is full or read-only",
            tries: 1,
            test: "RecordTests"
        )
    }

    @Test(arguments: [Errno.noSpace, .readOnlyFileSystem, .ioError])
    func `a record that could not be written is written once the disk permits`(errno: Errno) throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let identifier = try fixture.describe("a").identifier
        try fixture.kill()
        fixture.disk.damage(try name("a"))
        fixture.disk.writeFailure = errno
        try fixture.start([.test("a")])
        #expect(try fixture.describe("a").identifier == identifier)
        #expect(fixture.disk.records.isEmpty)
        fixture.disk.writeFailure = nil
        fixture.check()
        #expect(fixture.disk.records[try name("a")]?.identifier == identifier)
        tried()
    }

    @Test(arguments: [Errno.readOnlyFileSystem, .ioError])
    func `a record that could not be removed is removed once the disk permits`(errno: Errno) throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        fixture.disk.removalFailure = errno
        fixture.reload([])
        #expect(fixture.kernel.segments.isEmpty)
        #expect(fixture.disk.records.count == 1)
        fixture.disk.removalFailure = nil
        fixture.check()
        #expect(fixture.disk.records.isEmpty)
        tried()
    }

    @Test(arguments: [RecordDefect.damaged, .unknownFormat("2")])
    func `without a readable record the kernel is queried`(defect: RecordDefect) throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a"), .test("b", key: .value(SegmentKey(rawValue: 0x77)))])
        let before = fixture.kernel.segments.keys
        try fixture.kill()
        fixture.disk.damage(try name("a"), defect)
        fixture.disk.damage(try name("b"), defect)
        try fixture.start([.test("a"), .test("b", key: .value(SegmentKey(rawValue: 0x77)))])
        #expect(fixture.kernel.segments.keys == before)
        #expect(fixture.disk.records.count == 2)
        #expect(
            fixture.log.lines.contains("warning: Record a.record \(defect) and is set aside as a.set-aside")
        )
        tried()
    }

    @Test(arguments: [990, 1666] as [UInt32])
    func `a record of another boot is dropped, and the segment with its identifier is not touched`(
        creator: UInt32
    ) throws {
        let fixture = try BrokerFixture()
        let stranger = Client(processID: 9, userID: 1666, groupID: 1666, supplementaryGroupIDs: [])
        let foreign = try fixture.kernel.acting(as: stranger) { () throws(Errno) in
            try fixture.kernel.get(
                SegmentKey(rawValue: 0x77),
                size: 4096,
                flags: .create,
                mode: .ownerReadWrite
            )
        }
        let before = fixture.kernel.segments[foreign]
        fixture.disk.records[try name("a")] = SegmentRecord(
            name: try name("a"),
            key: SegmentKey(rawValue: 0x77),
            size: 4096,
            creatorUserID: creator,
            identifier: foreign
        )
        try fixture.start([])
        #expect(fixture.disk.records.isEmpty)
        #expect(fixture.kernel.segments[foreign] == before)
        tried()
    }

    @Test func `a disappearance is reported when the segment is created again`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a"), .test("b")])
        let old = try #require(try fixture.describe("a").identifier)
        try fixture.kill()
        try fixture.kernel.acting(as: .root) { () throws(Errno) in try fixture.kernel.remove(old) }
        let before = fixture.log.lines.count
        try fixture.start([.test("a"), .test("b")])
        let told = fixture.log.lines.dropFirst(before).filter { $0.hasPrefix("warning") }
        #expect(told.count == 1)
        #expect(told.first?.hasPrefix("warning: Segment a disappeared since segmentd last ran") == true)
        #expect(try fixture.state("a") == .ready)
    }

    @Test func `a record that names another creator does not take that user's segment over`() throws {
        let fixture = try BrokerFixture()
        let key = SegmentKey(rawValue: 0x77)
        let foreign = try fixture.kernel.acting(as: .stranger) { () throws(Errno) in
            try fixture.kernel.get(key, size: 4096, flags: .create, mode: .ownerReadWrite)
        }
        let record = SegmentRecord(
            name: try name("a"),
            key: key,
            size: 4096,
            creatorUserID: Client.stranger.userID,
            identifier: foreign
        )
        fixture.broker.takeOver(
            LoadedRecords(records: [record]),
            Configuration(segments: [], directory: "/etc/segmentd")
        )
        #expect(fixture.broker.segmentCount == 0)
        #expect(fixture.events.isEmpty)
    }

    @Test func `a record that knows a key only does not take another's segment`() throws {
        let fixture = try BrokerFixture()
        let key = SegmentKey(rawValue: 0x77)
        // The disk refused to remove the record of a failed shmget(2).
        fixture.disk.records[try name("a")] = SegmentRecord(
            name: try name("a"),
            key: key,
            size: 4096,
            creatorUserID: 990
        )
        let made = try fixture.kernel.get(key, size: 4096, flags: .create, mode: .ownerReadWrite)
        fixture.disk.records[try name("b")] = SegmentRecord(
            name: try name("b"),
            key: key,
            size: 4096,
            creatorUserID: 990,
            identifier: made
        )
        try fixture.start([.test("b", key: .value(key))])
        #expect(try fixture.describe("b").identifier == made)
        #expect(try fixture.describe("b").state == .ready)
        #expect(fixture.kernel.segments[made]?.attachmentCount == 1)
        #expect(throws: BrokerError.noSuchSegment(name: "a")) { try fixture.describe("a") }
        tried()
    }

    @Test func `two records of one marked segment give it to one name`() throws {
        let fixture = try BrokerFixture()
        let key = SegmentKey(rawValue: 0x77)
        let made = try fixture.kernel.get(key, size: 4096, flags: .create, mode: .ownerReadWrite)
        _ = try fixture.kernel.attach(made, readOnly: true)
        try fixture.kernel.remove(made)
        for name in [try name("a"), try name("b")] {
            fixture.disk.records[name] = SegmentRecord(
                name: name,
                key: key,
                size: 4096,
                creatorUserID: 990,
                identifier: made
            )
        }
        try fixture.start([.test("b", key: .value(key))])
        #expect(try fixture.describe("a").identifier == made)
        #expect(try fixture.describe("a").state == .removing)
        #expect(try fixture.describe("b").identifier != made)
        tried()
    }

    @Test func `former memory of one name is not shown by another's stale record`() throws {
        let fixture = try BrokerFixture()
        let key = SegmentKey(rawValue: 0x77)
        let made = try fixture.kernel.get(key, size: 4096, flags: .create, mode: .ownerReadWrite)
        _ = try fixture.kernel.attach(made, readOnly: true)
        try fixture.kernel.remove(made)
        let traits = SegmentRecord.Traits(key: key, size: 4096, creatorUserID: 990)
        let identity = SegmentRecord.Identity(identifier: made, traits: traits)
        fixture.disk.records[try name("a")] = SegmentRecord(
            try name("a"),
            formerMemory: [SegmentRecord.FormerMemory(identity, holdsName: true)]
        )
        fixture.disk.records[try name("b")] = SegmentRecord(
            try name("b"),
            segment: SegmentRecord.Segment(traits: traits, identifier: made)
        )
        try fixture.start([.test("a"), .test("b")])
        #expect(try ["a", "b"].count { try fixture.describe($0).identifier == made } <= 1)
        let former = fixture.broker.segments.values.flatMap { $0.lifecycle.formerMemory }
        #expect(former.map(\.identity.identifier) == [made])
        tried()
    }

    @Test func `a stale record does not cost another segment its record`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("b", key: .value(SegmentKey(rawValue: 0x77)))])
        let identifier = try fixture.describe("b").identifier
        try fixture.kill()
        fixture.disk.records[try name("a")] = SegmentRecord(
            name: try name("a"),
            key: SegmentKey(rawValue: 0x77),
            size: 4096,
            creatorUserID: 990,
            identifier: SegmentIdentifier(rawValue: 999)
        )
        fixture.injector.fault = (1, .overflow)
        try fixture.start([.test("b", key: .value(SegmentKey(rawValue: 0x77)))])
        #expect(try fixture.describe("b").identifier == identifier)
        #expect(fixture.disk.records[try name("b")]?.identifier == identifier)
        tried()
    }

    @Test func `a reused inode does not give another file the memory`() throws {
        let fixture = try BrokerFixture()
        let open = SegmentDefinition.test("public")
        let secret = SegmentDefinition.test("secret", group: nil)
        try fixture.start([open, secret])
        let before = try fixture.describe("secret").identifier
        try fixture.kill()
        fixture.disk.records = [:]
        fixture.kernel.files[open.file] = fixture.kernel.files[secret.file]
        fixture.kernel.files[secret.file] = 0x777
        try fixture.start([open, secret])
        #expect(try fixture.describe("public").state == .blocked)
        #expect(try fixture.describe("public").problems.map(\.kind) == [.squatted])
        #expect(try fixture.describe("secret").identifier != before)
    }

    @Test func `a request refused because the disk timed out is not recorded later`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let identifier = try #require(try fixture.describe("a").identifier)
        _ = try fixture.kernel.attach(identifier, readOnly: true)
        let viewer = Viewer(client: .root, isAdministrator: true)
        fixture.disk.writeFailure = .timedOut
        #expect(throws: BrokerError.self) { try fixture.broker.remove("a", when: .whenIdle, viewer: viewer) }
        fixture.disk.writeFailure = nil
        // The refused write happens after all.
        var late = try #require(fixture.disk.records[try name("a")])
        late.request = SegmentRecord.Request(.remove, isNow: false)
        fixture.disk.records[try name("a")] = late
        fixture.clock.now += .seconds(1)
        fixture.broker.expire()
        #expect(fixture.disk.records[try name("a")]?.request == nil)
    }
}
