import SegmentModel
import SegmentRecords
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

@Suite struct RemovalTests {
    private let administrator = Viewer(client: .root, isAdministrator: true)

    @Test func `unused removes, and the next Acquire creates it again`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let before = try fixture.describe("a").identifier
        try fixture.broker.remove("a", when: .ifUnused, viewer: administrator)
        #expect(try fixture.state("a") == .absent)
        #expect(fixture.disk.records.isEmpty)
        fixture.broker.check(groups: fixture.groups)
        #expect(try fixture.state("a") == .absent)
        let grant = try fixture.broker.acquire("a", .readOnly, LeaseHolder(.member))
        #expect(grant.identifier != before)
    }

    @Test func `unused refuses while the segment is leased or attached, and says by whom`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let holder = LeaseHolder(.member)
        let grant = try fixture.broker.acquire("a", .readOnly, holder)
        #expect {
            try fixture.broker.remove("a", when: .ifUnused, viewer: administrator)
        } throws: {
            guard case .segmentInUse(_, 0, let leases) = $0 as? BrokerError else { return false }
            return leases.count == 1
        }
        try fixture.broker.release(grant.lease, holder)
        let address = try fixture.kernel.attach(grant.identifier, readOnly: true)
        #expect(throws: BrokerError.segmentInUse(name: grant.name, attachments: 1, leases: [])) {
            try fixture.broker.remove("a", when: .ifUnused, viewer: administrator)
        }
        try fixture.kernel.detach(address)
        try fixture.broker.remove("a", when: .ifUnused, viewer: administrator)
        #expect(fixture.kernel.segments.isEmpty)
    }

    @Test func `a client that attaches while access is revoked is counted and finds its data`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let identifier = try #require(try fixture.describe("a").identifier)
        let before = try fixture.kernel.statusOfAny(identifier)
        var address: AttachmentAddress?
        fixture.injector.before = { [kernel = fixture.kernel] call in
            guard case .setOwner = call, address == nil else { return }
            address = try? kernel.acting(as: .member) { () throws(Errno) in
                try kernel.attach(identifier, readOnly: false)
            }
        }
        #expect(
            throws: BrokerError.segmentInUse(
                name: SegmentDefinition.test("a").name,
                attachments: 1,
                leases: []
            )
        ) {
            try fixture.broker.remove("a", when: .ifUnused, viewer: administrator)
        }
        let after = try fixture.kernel.statusOfAny(identifier)
        #expect(!after.isMarkedForRemoval)
        #expect(after.mode == before.mode)
        #expect(after.ownerGroupID == before.ownerGroupID)
        #expect(try fixture.state("a") == .ready)
        try fixture.kernel.detach(#require(address))
        try fixture.broker.remove("a", when: .ifUnused, viewer: administrator)
        #expect(fixture.kernel.segments.isEmpty)
    }

    @Test func `idle waits until it is neither leased nor attached, and grants nothing meanwhile`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let holder = LeaseHolder(.member)
        let grant = try fixture.broker.acquire("a", .readOnly, holder)
        try fixture.broker.remove("a", when: .whenIdle, viewer: administrator)
        #expect(try fixture.state("a") == .draining)
        #expect(throws: BrokerError.segmentRemoving(name: grant.name)) {
            try fixture.broker.acquire("a", .readOnly, LeaseHolder(.member))
        }
        let address = try fixture.kernel.attach(grant.identifier, readOnly: true)
        try fixture.broker.release(grant.lease, holder)
        #expect(try fixture.state("a") == .draining)
        try fixture.kernel.detach(address)
        fixture.broker.check(groups: fixture.groups)
        #expect(try fixture.state("a") == .absent)
        #expect(fixture.kernel.segments.isEmpty)
    }

    @Test func `a client that names an unused draining segment finds it gone, and gets the next one`() throws
    {
        let fixture = try BrokerFixture()
        let holder = LeaseHolder(.member)
        try fixture.start([.test("a"), .test("b"), .test("c")])
        var addresses: [String: AttachmentAddress] = [:]
        for name in ["a", "b", "c"] {
            let identifier = try #require(try fixture.describe(name).identifier)
            addresses[name] = try fixture.kernel.attach(identifier, readOnly: true)
            try fixture.broker.remove(name, when: .whenIdle, viewer: administrator)
        }
        for name in ["a", "b"] { try fixture.kernel.detach(#require(addresses[name])) }
        #expect(try fixture.state("a") == .absent)
        #expect(try fixture.broker.acquire("b", .readOnly, holder).name.string == "b")
        #expect(try fixture.state("b") == .ready)
        #expect(try fixture.state("c") == .draining)
        _ = fixture.reload([.test("b")])
        try fixture.kernel.detach(#require(addresses["c"]))
        #expect(throws: BrokerError.noSuchSegment(name: "c")) {
            try fixture.broker.acquire("c", .readOnly, holder)
        }
        #expect(fixture.kernel.segments.count == 1)
    }

    @Test func `now marks an attached segment; a second time does nothing`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let old = try #require(try fixture.describe("a").identifier)
        let address = try fixture.kernel.attach(old, readOnly: true)
        for _ in 0..<2 {
            try fixture.broker.remove("a", when: .immediately, viewer: administrator)
            #expect(try fixture.state("a") == .removing)
            #expect(try fixture.kernel.statusOfAny(old).isMarkedForRemoval)
            #expect(throws: BrokerError.self) {
                try fixture.broker.acquire("a", .readOnly, LeaseHolder(.member))
            }
        }
        #expect(fixture.kernel.segments.count == 1)
        try fixture.kernel.detach(address)
        #expect(fixture.kernel.segments.isEmpty)
    }

    @Test func `a marked segment is created again by the next Acquire after its last detach`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let old = try #require(try fixture.describe("a").identifier)
        let address = try fixture.kernel.attach(old, readOnly: true)
        try fixture.broker.remove("a", when: .immediately, viewer: administrator)
        try fixture.kernel.detach(address)
        let grant = try fixture.broker.acquire("a", .readOnly, LeaseHolder(.member))
        #expect(grant.identifier != old)
        #expect(fixture.kernel.segments.count == 1)
    }
}

/// A segment with the reused identifier of another is not removed in its place.
@Suite struct ReusedIdentifierTests {
    private let administrator = Viewer(client: .root, isAdministrator: true)

    /// A person's daemon, whose user also creates segments.
    private func fixture(_ keep: KeepDeclaration = .untilReboot) throws -> BrokerFixture {
        let fixture = try BrokerFixture()
        fixture.isService = false
        try fixture.kill()
        try fixture.start([.test("a", keep: keep)])
        return fixture
    }

    /// Just before a call, the broker's segment is removed and a program of the same user gets its identifier.
    private func reuseIdentifier(
        _ fixture: BrokerFixture,
        key: SegmentKey? = nil,
        size: UInt64 = 4096,
        before word: OutsideCall.Word
    ) throws -> SegmentIdentifier {
        let segment = try fixture.describe("a")
        let identifier = try #require(segment.identifier)
        let key = try key ?? #require(segment.key)
        var isDone = false
        fixture.injector.before = { [kernel = fixture.kernel] call in
            guard call.word == word, !isDone else { return }
            isDone = true
            kernel.detachAll(of: BrokerFixture.userID)
            try? kernel.remove(identifier)
            kernel.nextIdentifier = identifier
            _ = try? kernel.get(key, size: size, flags: .create, mode: .ownerReadWrite)
        }
        return identifier
    }

    @Test(
        arguments: [(nil, 8192), (SegmentKey(rawValue: 0x99), 4096)] as [(SegmentKey?, UInt64)],
        RemovalPolicy.allCases
    )
    func `another segment with the identifier of one being removed stays`(
        other: (key: SegmentKey?, size: UInt64),
        when: RemovalPolicy
    ) throws {
        let fixture = try fixture()
        let identifier = try reuseIdentifier(fixture, key: other.key, size: other.size, before: .setOwner)
        try? fixture.broker.remove("a", when: when, viewer: administrator)
        #expect(fixture.kernel.segments[identifier]?.isMarkedForRemoval == false)
        #expect(fixture.kernel.segments[identifier]?.size == other.size)
        fixture.broker.check(groups: fixture.groups)
        #expect(fixture.kernel.segments[identifier]?.isMarkedForRemoval == false)
        #expect(try fixture.describe("a").identifier != identifier)
    }

    @Test func `an incomplete record does not cost another its memory`() throws {
        let fixture = try BrokerFixture()
        fixture.isService = false
        try fixture.kill()
        var taken: SegmentIdentifier?
        fixture.injector.before = { [kernel = fixture.kernel] call in
            guard case .setOwner(let identifier) = call, taken == nil else { return }
            kernel.detachAll(of: BrokerFixture.userID)
            try? kernel.remove(identifier)
            kernel.nextIdentifier = identifier
            taken = try? kernel.get(
                SegmentKey(rawValue: 0x99),
                size: 4096,
                flags: .create,
                mode: .ownerReadWrite
            )
        }
        fixture.injector.refused = (.setOwner, .notPermitted)
        try fixture.start([.test("a")])
        #expect(fixture.kernel.segments[try #require(taken)]?.isMarkedForRemoval == false)
    }

    @Test func `the remains of an incomplete creation are found by its record`() throws {
        let fixture = try BrokerFixture()
        fixture.isService = false
        try fixture.kill()
        let silent: Set<OutsideCall.Word> = [.setOwner, .status, .statusOfAny]
        fixture.injector.before = { [injector = fixture.injector] call in
            if silent.contains(call.word) { injector.refused = (call.word, .overflow) }
        }
        try fixture.start([.test("a")])
        let left = try #require(fixture.kernel.segments.keys.first)
        fixture.injector.before = { _ in }
        fixture.injector.restart()
        fixture.broker.check(groups: fixture.groups)
        #expect(try fixture.describe("a").identifier == left)
        #expect(try fixture.state("a") == .ready)
    }

    @Test func `only a segment with the same key, creator, size and identifier is marked`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let found = try #require(fixture.kernel.segments.first)
        let whole = SegmentLifecycle.Observation(found.key, found.value).identity
        let changes: [(inout SegmentLifecycle.Identity) -> Void] = [
            { $0.identifier = SegmentIdentifier(rawValue: 999) }, { $0.traits.key = .private },
            { $0.traits.size += 1 }, { $0.traits.creatorUserID += 1 }, { $0.traits.creatorProcessID = 7 },
        ]
        for change in changes {
            var other = whole
            change(&other)
            #expect(try !fixture.broker.markForRemoval(other))
            #expect(fixture.kernel.segments[found.key]?.isMarkedForRemoval == false)
        }
        fixture.injector.refused = (.status, .overflow)
        #expect(throws: Errno.overflow) { try fixture.broker.markForRemoval(whole) }
        #expect(fixture.kernel.segments[found.key]?.isMarkedForRemoval == false)
        fixture.injector.restart()
        #expect(try fixture.broker.markForRemoval(whole))
        #expect(fixture.kernel.segments[found.key]?.isMarkedForRemoval == true)
    }
}

/// Interference by other processes.
@Suite struct InterferenceTests {
    @Test func `removed while unattached: created again at once, under its key`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let before = try fixture.describe("a")
        let old = try #require(before.identifier)
        try fixture.kernel.acting(as: 0) { try fixture.kernel.remove(old) }
        fixture.events = []
        fixture.broker.check(groups: fixture.groups)
        let after = try fixture.describe("a")
        #expect(after.state == .ready)
        #expect(after.identifier != old)
        #expect(after.key == before.key)
        #expect(fixture.kernel.segments.count == 1)
        #expect(fixture.events.map(\.kind) == [.replaced])
    }

    @Test func `a changed owner is a warning, shown for ten minutes after it is restored`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let identifier = try #require(try fixture.describe("a").identifier)
        try fixture.kernel.acting(as: 0) {
            try fixture.kernel.setOwner(
                identifier,
                userID: 1001,
                groupID: 1001,
                mode: FilePermissions(rawValue: 0o666)
            )
        }
        let described = try fixture.describe("a")
        #expect(described.state == .ready)
        #expect(described.hints.map(\.kind.rawValue) == ["owner_was_changed"])
        #expect(described.hints.first?.message.contains("user 1001") == true)
        #expect(fixture.kernel.segments[identifier]?.ownerUserID == 990)
        fixture.clock.now += .seconds(599)
        #expect(try fixture.describe("a").hints.count == 1)
        fixture.clock.now += .seconds(1)
        #expect(try fixture.describe("a").hints == [])
    }

    @Test func `a line about a removal has the identifier of what was removed`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let old = try #require(try fixture.describe("a").identifier)
        _ = try fixture.kernel.attach(old, readOnly: true)
        try fixture.kernel.remove(old)
        fixture.broker.check(groups: fixture.groups)
        let new = try #require(try fixture.describe("a").identifier)
        func identifier(_ words: String) -> String? {
            let index = fixture.log.lines.firstIndex { $0.contains(words) }
            return index.flatMap { fixture.log.fields[$0]["shmid"] }
        }
        #expect(identifier("marked for removal by another program") == old.description)
        #expect(identifier("created again, 4") == new.description)
    }

    @Test func `times of attach and detach are the clients'`() throws {
        let fixture = try BrokerFixture()
        fixture.kernel.clock = fixture.clock
        try fixture.start([.test("a")])
        let identifier = try #require(try fixture.describe("a").identifier)
        #expect(try fixture.describe("a").lastAttachMicroseconds == nil)
        #expect(try fixture.describe("a").lastDetachMicroseconds == nil)
        #expect(try fixture.describe("a").lastProcessID == nil)
        fixture.clock.now += .seconds(10)
        fixture.kernel.processID = 4711
        let address = try fixture.kernel.attach(identifier, readOnly: true)
        let attached = fixture.clock.realtime()
        fixture.clock.now += .seconds(10)
        try fixture.kernel.detach(address)
        #expect(try fixture.describe("a").lastAttachMicroseconds == attached)
        #expect(try fixture.describe("a").lastDetachMicroseconds == fixture.clock.realtime())
        #expect(try fixture.describe("a").lastProcessID == 4711)
        #expect(try fixture.describe("a").creatorProcessID == BrokerFixture.processID)
        fixture.kernel.processID = BrokerFixture.processID
        fixture.clock.now += .seconds(10)
        try fixture.kill()
        try fixture.start([.test("a")])
        #expect(try fixture.describe("a").identifier == identifier)
        #expect(try fixture.describe("a").lastAttachMicroseconds == nil)
        #expect(try fixture.describe("a").lastDetachMicroseconds == nil)
    }

    @Test func `after interference, a segment is checked every second for a minute`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        #expect(fixture.broker.nextDeadline == nil)
        func removeByRoot() throws -> SegmentIdentifier {
            let identifier = try #require(fixture.kernel.segments.first?.key)
            try fixture.kernel.acting(as: 0) { try fixture.kernel.remove(identifier) }
            return identifier
        }
        _ = try removeByRoot()
        fixture.broker.check(groups: fixture.groups)
        #expect(fixture.broker.nextDeadline == fixture.clock.now + .seconds(1))
        let again = try removeByRoot()
        fixture.clock.now += .seconds(1)
        fixture.broker.expire()
        #expect(fixture.kernel.segments.count == 1)
        #expect(fixture.kernel.segments[again] == nil)
        var looks = 0
        while let due = fixture.broker.nextDeadline {
            fixture.clock.now = due
            fixture.broker.expire()
            looks += 1
        }
        #expect(looks == 60)
    }

    @Test
    func `a while-used segment is created again by the next Acquire, despite leases on the removed one`()
        throws
    {
        let fixture = try BrokerFixture()
        try fixture.start([
            .test("a", keep: .whileUsed(linger: .seconds(30))),
            .test("b", keep: .whileUsed(linger: .seconds(30))),
        ])
        let holder = LeaseHolder(.member)
        let grants = try ["a", "b"].map { try fixture.broker.acquire($0, .readOnly, holder) }
        try fixture.broker.release(grants[1].lease, holder)
        try fixture.kernel.acting(as: 0) {
            for grant in grants { try fixture.kernel.remove(grant.identifier) }
        }
        fixture.broker.check(groups: fixture.groups)
        #expect(try fixture.state("a") == .absent)
        #expect(try fixture.state("b") == .absent)
        #expect(fixture.broker.leaseCount == 1)
        let again = try fixture.broker.acquire("a", .readOnly, LeaseHolder(.member))
        #expect(again.identifier != grants[0].identifier)
        // A lease on memory that is gone does not count for the new segment.
        try fixture.broker.release(grants[0].lease, holder)
        #expect(fixture.broker.nextRemoval == nil)
        #expect(try fixture.state("a") == .ready)
        #expect(fixture.kernel.segments.count == 1)
    }

    @Test func `a request for the segment notices it too`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let old = try #require(try fixture.describe("a").identifier)
        try fixture.kernel.acting(as: 0) { try fixture.kernel.remove(old) }
        #expect(try fixture.broker.acquire("a", .readOnly, LeaseHolder(.member)).identifier != old)
    }

    @Test
    func `removed while attached: created again at once, and the old memory ends with its last detach`()
        throws
    {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let before = try fixture.describe("a")
        let old = try #require(before.identifier)
        let address = try fixture.kernel.attach(old, readOnly: true)
        try fixture.kernel.acting(as: 0) { try fixture.kernel.remove(old) }
        fixture.broker.check(groups: fixture.groups)
        let described = try fixture.describe("a")
        #expect(described.state == .ready)
        #expect(described.key == before.key)
        #expect(described.attachmentCount == 0)
        #expect(try fixture.broker.acquire("a", .readOnly, LeaseHolder(.member)).identifier != old)
        #expect(fixture.kernel.segments.count == 2)
        try fixture.kernel.detach(address)
        fixture.broker.check(groups: fixture.groups)
        #expect(try fixture.state("a") == .ready)
        #expect(fixture.kernel.segments.count == 1)
    }

    @Test(
        arguments: [(1001, 7, 0o666), (1001, 500, 0o660), (990, 7, 0o660), (990, 500, 0o666)]
            as [(UInt32, UInt32, CModeT)]
    )
    func `owner, group and mode are repaired, together and separately`(
        owner: UInt32,
        group: UInt32,
        mode: CModeT
    ) throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let identifier = try #require(try fixture.describe("a").identifier)
        try fixture.kernel.acting(as: 0) {
            try fixture.kernel.setOwner(
                identifier,
                userID: owner,
                groupID: group,
                mode: .init(rawValue: mode)
            )
        }
        fixture.broker.check(groups: fixture.groups)
        let status = try fixture.kernel.statusOfAny(identifier)
        #expect(status.ownerUserID == 990)
        #expect(status.ownerGroupID == 500)
        #expect(status.mode.rawValue == 0o660)
        #expect(try fixture.state("a") == .ready)
    }

    @Test func `a renumbered group takes its segments along`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        fixture.groups.lookups["telemetry"] = .found(600)
        fixture.broker.check(groups: fixture.groups)
        let identifier = try #require(try fixture.describe("a").identifier)
        #expect(try fixture.kernel.statusOfAny(identifier).ownerGroupID == 600)
    }

    @Test func `there is a warning if the host destroys unattached segments`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        #expect(fixture.broker.warnings(fixture.broker.totals()).isEmpty)
        fixture.kernel.destroysUnattached = true
        #expect(
            fixture.broker.warnings(fixture.broker.totals()).map(\.kind) == [.unattachedSegmentsDestroyed]
        )
    }

    @Test func `repeated requests for totals do not count all segments each time`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        fixture.kernel.clock = fixture.clock
        fixture.kernel.timeOfLimits = .microseconds(200)
        let before = fixture.kernel.limitsRead
        for _ in 0..<100 { #expect(fixture.broker.totals().limits?.segmentsInUse == 1) }
        #expect(fixture.kernel.limitsRead == before + 1)
        // The broker's own changes are seen at once, those of others a little later.
        _ = fixture.reload([.test("a"), .test("b")])
        #expect(fixture.broker.totals().limits?.segmentsInUse == 2)
        _ = try fixture.kernel.acting(as: 1001) {
            try fixture.kernel.get(
                SegmentKey(rawValue: 77),
                size: 4096,
                flags: .create,
                mode: .ownerReadWrite
            )
        }
        #expect(fixture.broker.totals().limits?.segmentsInUse == 2)
        fixture.clock.now += .milliseconds(5)
        #expect(fixture.broker.totals().limits?.segmentsInUse == 3)
    }

    @Test func `without interference, a check changes nothing`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([
            .test("a"), .test("b", keep: .untilStop), .test("c", keep: .whileUsed(linger: .zero)),
        ])
        fixture.events = []
        let before = fixture.kernel.segments
        fixture.broker.check(groups: fixture.groups)
        #expect(fixture.kernel.segments == before)
        #expect(fixture.events.isEmpty)
    }
}
