import SegmentModel
import SegmentRecords
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

@Suite struct LifeCycleTests {
    private func status(_ fixture: BrokerFixture, _ name: String) throws -> SegmentStatus {
        let identifier = try #require(try fixture.describe(name).identifier)
        return try fixture.kernel.statusOfAny(identifier)
    }

    @Test func `a declared segment is created with its group and mode, attached by the broker, and recorded`()
        throws
    {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a", size: 5000, mode: 0o664)])
        let status = try status(fixture, "a")
        #expect(status.size == 5000)
        #expect(status.ownerUserID == 990)
        #expect(status.ownerGroupID == 500)
        #expect(status.mode.rawValue == 0o664)
        #expect(status.attachmentCount == 1)
        let described = try fixture.describe("a")
        #expect(described.state == .ready)
        #expect(described.attachmentCount == 0)
        #expect(fixture.disk.records.values.first?.identifier == described.identifier)
    }

    @Test func `nobody can attach before group and mode are set`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let calls = fixture.injector.calls.map(\.word)
        let made = try #require(calls.lastIndex(of: .create))
        #expect(
            calls[made...].starts(with: [.create, .writeRecord, .attach, .excludeFromCoreDumps, .setOwner])
        )
    }

    @Test func `a while-used segment is created at the first Acquire and removed after its linger`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a", keep: .whileUsed(linger: .seconds(30)))])
        #expect(try fixture.state("a") == .absent)
        let holder = LeaseHolder(.member)
        let grant = try fixture.broker.acquire("a", .readWrite, holder)
        #expect(try fixture.state("a") == .ready)
        try fixture.broker.release(grant.lease, holder)
        #expect(fixture.broker.nextDeadline == fixture.clock.now + .seconds(30))
        fixture.clock.now += .seconds(29)
        fixture.broker.expire()
        #expect(try fixture.state("a") == .ready)
        // A client returns in the meantime, which ends the linger.
        let again = try fixture.broker.acquire("a", .readOnly, holder)
        #expect(fixture.broker.nextDeadline == nil)
        #expect(again.identifier == grant.identifier)
        try fixture.broker.release(again.lease, holder)
        fixture.clock.now += .seconds(30)
        fixture.broker.expire()
        #expect(try fixture.state("a") == .absent)
        #expect(fixture.kernel.segments.isEmpty)
        #expect(fixture.disk.records.isEmpty)
    }

    @Test func `an attachment without a lease keeps a while-used segment`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a", keep: .whileUsed(linger: .zero))])
        let holder = LeaseHolder(.member)
        let grant = try fixture.broker.acquire("a", .readWrite, holder)
        let address = try fixture.kernel.acting(as: 1000, group: 500) {
            try fixture.kernel.attach(grant.identifier, readOnly: false)
        }
        fixture.broker.disconnected(holder)
        #expect(try fixture.state("a") == .ready)
        try fixture.kernel.detach(address)
        fixture.broker.check(groups: fixture.groups)
        #expect(try fixture.state("a") == .absent)
    }

    @Test func `after kill -9 every segment is found again, whatever its keep`() throws {
        let fixture = try BrokerFixture()
        let definitions: [SegmentDefinition] = [
            .test("boot"), .test("stop", keep: .untilStop),
            .test("used", keep: .whileUsed(linger: .seconds(5))),
        ]
        try fixture.start(definitions)
        _ = try fixture.broker.acquire("used", .readWrite, LeaseHolder(.member))
        let before = try definitions.map { try fixture.describe($0.name.string).identifier }
        try fixture.kill()
        try fixture.start(definitions)
        #expect(try definitions.map { try fixture.describe($0.name.string).identifier } == before)
        #expect(try definitions.map { try status(fixture, $0.name.string).attachmentCount } == [1, 1, 1])
        #expect(fixture.kernel.segments.count == 3)
    }

    @Test func `a start that removes what is no longer declared says so`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a"), .test("b")])
        try fixture.kill()
        let before = fixture.log.lines.count
        try fixture.start([.test("b")])
        #expect(fixture.kernel.segments.count == 1)
        #expect(fixture.log.lines[before...].contains("notice: Segment a removed"))
    }

    @Test func `a stop removes until-stop segments and unused ones`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([
            .test("boot"), .test("stop", keep: .untilStop),
            .test("used", keep: .whileUsed(linger: .seconds(99))),
            .test("leased", keep: .whileUsed(linger: .seconds(99))),
        ])
        let holder = LeaseHolder(.member)
        let grant = try fixture.broker.acquire("used", .readWrite, holder)
        _ = try fixture.broker.acquire("leased", .readWrite, holder)
        try fixture.broker.release(grant.lease, holder)
        fixture.broker.stop(isRestart: false)
        #expect(
            try ["boot", "stop", "used", "leased"].map(fixture.state) == [.ready, .absent, .absent, .ready]
        )
    }

    @Test func `a restart keeps everything`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("stop", keep: .untilStop), .test("used", keep: .whileUsed(linger: .zero))])
        _ = try fixture.broker.acquire("used", .readWrite, LeaseHolder(.member))
        fixture.broker.stop(isRestart: true)
        #expect(fixture.kernel.segments.count == 2)
    }

    @Test func `a restart keeps a leased but unattached segment, although its connection closes`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a", keep: .whileUsed(linger: .zero))])
        let holder = LeaseHolder(.member)
        let grant = try fixture.broker.acquire("a", .readWrite, holder)
        fixture.broker.stop(isRestart: true)
        fixture.broker.disconnected(holder)
        #expect(fixture.kernel.segments[grant.identifier]?.isMarkedForRemoval == false)
    }

    @Test func `an attached until-stop segment is marked and stays until the last detach`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a", keep: .untilStop)])
        let identifier = try #require(try fixture.describe("a").identifier)
        let address = try fixture.kernel.acting(as: 0) {
            try fixture.kernel.attach(identifier, readOnly: true)
        }
        fixture.broker.stop(isRestart: false)
        #expect(try fixture.kernel.statusOfAny(identifier).isMarkedForRemoval)
        #expect(try fixture.kernel.statusOfAny(identifier).attachmentCount == 1)
        try fixture.kernel.detach(address)
        #expect(fixture.kernel.segments.isEmpty)
    }

    @Test func `a segment that occupies a key is never touched and blocks only one name`() throws {
        let fixture = try BrokerFixture()
        let key = SegmentKey(rawValue: 0x1234)
        let squatted = try fixture.kernel.acting(as: 1001) {
            try fixture.kernel.get(key, size: 10, flags: .create, mode: .ownerReadWrite)
        }
        let before = try fixture.kernel.statusOfAny(squatted)
        try fixture.start([.test("a", key: .value(key)), .test("b")])
        #expect(try fixture.state("a") == .blocked)
        #expect(try fixture.state("b") == .ready)
        let problem = try #require(try fixture.describe("a").problems.first)
        #expect(problem.kind == .squatted)
        #expect(problem.message.contains("segment 1 of user 1001"))
        #expect(problem.remedy?.contains("ipcrm -m 1") == true)
        #expect(try fixture.kernel.statusOfAny(squatted) == before)
        // Once it is gone, the next check creates the segment.
        try fixture.kernel.acting(as: 1001) { try fixture.kernel.remove(squatted) }
        fixture.broker.check(groups: fixture.groups)
        #expect(try fixture.state("a") == .ready)
    }

    @Test func `a segment created by the broker's user under the key is taken over, whatever its size`()
        throws
    {
        let fixture = try BrokerFixture()
        let key = SegmentKey(rawValue: 0x1234)
        let found = try fixture.kernel.get(key, size: 77, flags: .create, mode: .ownerReadWrite)
        try fixture.start([.test("a", key: .value(key))])
        let described = try fixture.describe("a")
        #expect(described.identifier == found)
        #expect(described.size.bytes == 77)
        #expect(described.state == .drifted)
        #expect(described.problems.map(\.kind) == [.sizeDiffers])
        #expect(try status(fixture, "a").mode.rawValue == 0o660)
        #expect(try fixture.broker.acquire("a", .readWrite, LeaseHolder(.member)).size.bytes == 77)
    }

    @Test func `a person's daemon takes over only what a record names`() throws {
        let fixture = try BrokerFixture()
        fixture.isService = false
        try fixture.kill()
        let key = SegmentKey(rawValue: 0x1234)
        let stranger = try fixture.kernel.get(key, size: 4096, flags: .create, mode: .ownerReadWrite)
        try fixture.start([.test("a", key: .value(key)), .test("b")])
        #expect(try fixture.state("a") == .blocked)
        let made = try fixture.describe("b").identifier
        try fixture.kill()
        try fixture.start([.test("a", key: .value(key)), .test("b")])
        #expect(try fixture.state("a") == .blocked)
        #expect(try fixture.describe("b").identifier == made)
        #expect(try fixture.kernel.statusOfAny(stranger).attachmentCount == 0)
    }

    @Test func `a missing group or key file blocks one segment and is retried`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([
            .test("a", group: "nobody-knows"), .test("b", key: .path("/srv/missing", project: 65)),
            .test("c"),
        ])
        #expect(try ["a", "b", "c"].map(fixture.state) == [.blocked, .blocked, .ready])
        #expect(try fixture.describe("a").problems.map(\.kind) == [.groupUnknown])
        #expect(try fixture.describe("b").problems.map(\.kind) == [.keyPathMissing])
        fixture.groups.lookups["nobody-knows"] = .found(501)
        fixture.kernel.files["/srv/missing"] = 0x99
        fixture.broker.check(groups: fixture.groups)
        #expect(try ["a", "b"].map(fixture.state) == [.ready, .ready])
    }

    @Test func `a live segment with a record needs neither its key file nor its group's name`() throws {
        let fixture = try BrokerFixture()
        let definition = SegmentDefinition.test("a", key: .path("/srv/file", project: 65))
        fixture.kernel.files["/srv/file"] = 0x99
        try fixture.start([definition])
        let before = try fixture.describe("a").identifier
        fixture.kernel.files["/srv/file"] = nil
        fixture.groups = GroupTable()
        try fixture.kill()
        try fixture.start([definition])
        #expect(try fixture.describe("a").identifier == before)
        #expect(try status(fixture, "a").ownerGroupID == 500)
    }

    @Test func `a live segment keeps its key when its file is replaced, and the drift is named`() throws {
        let fixture = try BrokerFixture()
        let definition = SegmentDefinition.test("a", key: .path("/srv/file", project: 65))
        fixture.kernel.files["/srv/file"] = 0x99
        try fixture.start([definition])
        let key = try fixture.describe("a").key
        fixture.kernel.files["/srv/file"] = 0x77
        fixture.broker.check(groups: fixture.groups)
        #expect(try fixture.state("a") == .drifted)
        #expect(try fixture.describe("a").key == key)
        #expect(try fixture.describe("a").problems.map(\.kind) == [.keyMoved])
        try fixture.broker.remove("a", when: .ifUnused, viewer: Viewer(client: .root, isAdministrator: true))
        _ = try fixture.broker.acquire("a", .readWrite, LeaseHolder(.member))
        #expect(try fixture.describe("a").key == fixture.kernel.key(ofFile: "/srv/file", project: 65))
        #expect(try fixture.state("a") == .ready)
    }

    @Test func `a service does not compute keys of files that its sandbox hides`() throws {
        let fixture = try BrokerFixture()
        fixture.kernel.files["/home/a/file"] = 0x99
        try fixture.start([.test("a", key: .path("/home/a/file", project: 65))])
        #expect(try fixture.describe("a").problems.map(\.kind) == [.keyPathHidden])
        #expect(try fixture.describe("a").problems.first?.remedy?.contains("value = 0x") == true)
    }

    @Test func `a record on a full disk blocks the segment and leaves nothing in the kernel`() throws {
        let fixture = try BrokerFixture()
        fixture.disk.isFull = true
        try fixture.start([.test("a")])
        #expect(try fixture.describe("a").problems.map(\.kind) == [.recordsUnwritable])
        #expect(fixture.kernel.segments.isEmpty)
        fixture.disk.isFull = false
        fixture.broker.check(groups: fixture.groups)
        #expect(try fixture.state("a") == .ready)
    }

    @Test func `exhausted identifiers block the rest`() throws {
        let fixture = try BrokerFixture()
        fixture.kernel.capacity = 1
        try fixture.start([.test("a"), .test("b")])
        #expect(try fixture.state("a") == .ready)
        #expect(try fixture.describe("b").problems.map(\.kind) == [.kernelLimit])
        #expect(fixture.disk.records.count == 1)
    }
}
