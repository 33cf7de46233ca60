import SegmentModel
import SegmentRecords
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

@Suite struct LeaseTests {
    @Test func `a lease is granted with what the kernel shows`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let grant = try fixture.broker.acquire("a", .readWrite, LeaseHolder(.member))
        let status = try fixture.kernel.statusOfAny(grant.identifier)
        #expect(grant.key == status.key)
        #expect(grant.size.bytes == status.size)
        #expect(grant.creatorUserID == 990)
        #expect(grant.changeTime == status.lastChange)
        #expect(grant.ipcNamespace == fixture.kernel.namespace)
        #expect(fixture.broker.leaseCount == 1)
        let lease = try #require(try fixture.describe("a").leases.first)
        #expect(lease.processID == Client.member.processID)
        #expect(lease.userID == 1000)
    }

    @Test func `a client that may not attach gets no lease`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a", mode: 0o664), .test("w", keep: .whileUsed(linger: .zero))])
        _ = try fixture.broker.acquire("a", .readOnly, LeaseHolder(.stranger))
        #expect {
            try fixture.broker.acquire("a", .readWrite, LeaseHolder(.stranger))
        } throws: {
            guard case .accessDenied(_, .readWrite, 1001, _) = $0 as? BrokerError else { return false }
            return true
        }
        // A request that would be refused creates no segment, either.
        #expect(throws: BrokerError.self) {
            try fixture.broker.acquire("w", .readOnly, LeaseHolder(.stranger))
        }
        #expect(fixture.kernel.segments.count == 1)
    }

    @Test func `unknown names and blocked segments are reported`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a", group: "nobody-knows")])
        #expect(throws: BrokerError.noSuchSegment(name: "x")) {
            try fixture.broker.acquire("x", .readOnly, LeaseHolder(.member))
        }
        #expect {
            try fixture.broker.acquire("a", .readOnly, LeaseHolder(.root))
        } throws: {
            guard case .segmentBlocked(_, let problem) = $0 as? BrokerError else { return false }
            return problem.kind == .groupUnknown
        }
    }

    @Test func `a lease belongs to its connection alone`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let (mine, other) = (LeaseHolder(.member), LeaseHolder(.member))
        let grant = try fixture.broker.acquire("a", .readOnly, mine)
        for lease in [grant.lease, "0", "x", "", "01", "99"] {
            #expect(throws: BrokerError.noSuchLease(lease: lease)) {
                try fixture.broker.release(lease, other)
            }
        }
        try fixture.broker.release(grant.lease, mine)
        #expect(throws: BrokerError.self) { try fixture.broker.release(grant.lease, mine) }
    }

    @Test func `the end of a connection ends its leases, and no others`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a"), .test("b")])
        let (first, second) = (LeaseHolder(.member), LeaseHolder(.member))
        _ = try fixture.broker.acquire("a", .readOnly, first)
        _ = try fixture.broker.acquire("b", .readOnly, first)
        _ = try fixture.broker.acquire("a", .readOnly, second)
        fixture.events = []
        fixture.broker.disconnected(first)
        #expect(fixture.broker.leaseCount == 1)
        #expect(fixture.events.map(\.kind) == [.released, .released])
    }

    @Test func `the leases of a closed connection can be ended one by one, oldest first`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let holder = LeaseHolder(.member)
        let leases = try (0..<4).map { _ in try fixture.broker.acquire("a", .readOnly, holder).lease }
        fixture.events = []
        #expect(fixture.broker.endLease(of: holder))
        try fixture.broker.release(leases[2], holder)
        let late = try fixture.broker.acquire("a", .readOnly, holder).lease
        while fixture.broker.endLease(of: holder) {}
        let released = fixture.events.filter { $0.kind == .released }.compactMap { $0.lease?.identifier }
        #expect(released == [leases[0], leases[2], leases[1], leases[3], late])
        #expect(fixture.broker.leaseCount == 0)
    }

    @Test func `of many leases, a hundred are listed in order, with the number of all`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let holder = LeaseHolder(.member)
        let leases = try (0..<300).map { _ in try fixture.broker.acquire("a", .readOnly, holder).lease }
        let described = try fixture.describe("a")
        let told = described.leases.compactMap { leases.firstIndex(of: $0.identifier) }
        #expect(told.count == 100)
        #expect(told == told.sorted())
        #expect(described.leaseCount == 300)
        let stranger = Viewer(client: .stranger, isAdministrator: false)
        let hidden = try fixture.broker.describe("a", viewer: stranger)
        #expect(hidden.leases == [])
        #expect(hidden.leaseCount == 0)
    }

    @Test func `leases are charged to users and released`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a", mode: 0o666)])
        var configuration = fixture.broker.configuration
        configuration.settings.limits.leasesPerUser = 2
        _ = fixture.broker.reload(configuration, groups: fixture.groups)
        let holder = LeaseHolder(.member)
        let first = try fixture.broker.acquire("a", .readOnly, holder)
        _ = try fixture.broker.acquire("a", .readOnly, LeaseHolder(.member))
        #expect(throws: BrokerError.limitReached(limit: "leases_per_user", value: 2)) {
            try fixture.broker.acquire("a", .readOnly, holder)
        }
        _ = try fixture.broker.acquire("a", .readOnly, LeaseHolder(.stranger))
        try fixture.broker.release(first.lease, holder)
        _ = try fixture.broker.acquire("a", .readOnly, holder)
    }

    @Test func `calls processed together query the kernel once per segment, and later ones anew`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a"), .test("b")])
        func asked() -> Int { fixture.injector.calls.count { $0.word == .status } }
        func acquire(_ name: String, as client: Client = .member) throws -> Grant {
            try fixture.broker.acquire(name, .readOnly, LeaseHolder(client))
        }
        fixture.injector.restart()
        try fixture.broker.together {
            _ = (try acquire("a"), try acquire("b"), try acquire("a"))
            #expect {
                try acquire("a", as: .stranger)
            } throws: {
                if case .accessDenied? = $0 as? BrokerError { true } else { false }
            }
        }
        #expect(asked() == 2)
        _ = (try acquire("a"), try acquire("a"))
        #expect(asked() == 4)
        // Changes by others in between are noticed.
        let first = try acquire("a")
        try fixture.kernel.acting(as: .root) { () throws(Errno) in try fixture.kernel.remove(first.identifier)
        }
        let second = try fixture.broker.together { try acquire("a") }
        #expect(second.identifier != first.identifier)
    }

    @Test func `a segment removed by the broker is not acquired together as it was`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a"), .test("d"), .test("w", keep: .whileUsed(linger: .zero))])
        let administrator = Viewer(client: .root, isAdministrator: true)
        try fixture.broker.together {
            let holder = LeaseHolder(.member)
            let leaving = try fixture.broker.acquire("d", .readOnly, holder).name
            try fixture.broker.remove("d", when: .whenIdle, viewer: administrator)
            #expect(throws: BrokerError.segmentRemoving(name: leaving)) {
                try fixture.broker.acquire("d", .readOnly, holder)
            }
            for name in ["a", "w"] {
                let first = try fixture.broker.acquire(name, .readOnly, holder)
                if name == "a" { try fixture.broker.remove(name, when: .immediately, viewer: administrator) }
                try fixture.broker.release(first.lease, holder)
                let second = try fixture.broker.acquire(name, .readOnly, holder)
                #expect(second.identifier != first.identifier)
                #expect(fixture.kernel.segments[second.identifier]?.isMarkedForRemoval == false)
            }
        }
    }

    @Test func `a segment that cannot be removed is acquired together as it is afterwards`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("w", keep: .whileUsed(linger: .zero))])
        try fixture.broker.together {
            let holder = LeaseHolder(.member)
            // It is created for the first, and queried for the second.
            let first = try fixture.broker.acquire("w", .readOnly, holder)
            try fixture.broker.release(try fixture.broker.acquire("w", .readOnly, holder).lease, holder)
            fixture.injector.refused = (.remove, .notPermitted)
            try fixture.broker.release(first.lease, holder)
            #expect(fixture.kernel.segments[first.identifier]?.mode == FilePermissions(rawValue: 0o660))
            let second = try fixture.broker.acquire("w", .readOnly, holder)
            #expect(second.identifier == first.identifier)
            #expect(fixture.kernel.segments[first.identifier]?.mode == FilePermissions(rawValue: 0o660))
        }
    }

    @Test func `other users' leases are for administrators and for clients that may read`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        _ = try fixture.broker.acquire("a", .readOnly, LeaseHolder(.member))
        func seen(by client: Client, isAdministrator: Bool = false) throws -> Int {
            try fixture.broker.describe("a", viewer: Viewer(client: client, isAdministrator: isAdministrator))
                .leases.count
        }
        let colleague = Client(processID: 9, userID: 1005, groupID: 500, supplementaryGroupIDs: [])
        #expect(try seen(by: .member) == 1)
        #expect(try seen(by: colleague) == 1)
        #expect(try seen(by: .stranger) == 0)
        #expect(try seen(by: .stranger, isAdministrator: true) == 1)
    }

    @Test func `a lease does not apply to new memory with a reused identifier`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let administrator = Viewer(client: .root, isAdministrator: true)
        let (old, new) = (LeaseHolder(.member), LeaseHolder(.member))
        let first = try fixture.broker.acquire("a", .readOnly, old)
        try fixture.broker.renew("a", when: .immediately, viewer: administrator)
        fixture.kernel.nextIdentifier = first.identifier
        try fixture.broker.renew("a", when: .immediately, viewer: administrator)
        #expect(try fixture.describe("a").identifier == first.identifier)
        try fixture.broker.release(first.lease, old)
        _ = try fixture.broker.acquire("a", .readOnly, new)
        #expect(throws: BrokerError.self) {
            try fixture.broker.remove("a", when: .ifUnused, viewer: administrator)
        }
        #expect(try fixture.state("a") == .ready)
    }
}
