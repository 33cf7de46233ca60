import SegmentModel
import Testing

@testable import SegmentService

@Suite struct ServiceRuleTests {
    private func limits(_ connections: Int, perUser: Int) -> ServiceLimits {
        var limits = ServiceLimits()
        limits.connections = connections
        limits.connectionsPerUser = perUser
        return limits
    }

    @Test func `connections are charged to users and released`() throws {
        var quota = ConnectionQuota(ownUserID: 990)
        let limits = limits(1000, perUser: 2)
        try quota.open(1000, limits: limits)
        try quota.open(1000, limits: limits)
        #expect(throws: BrokerError.limitReached(limit: "connections_per_user", value: 2)) {
            try quota.open(1000, limits: limits)
        }
        try quota.open(1001, limits: limits)
        quota.close(1000)
        try quota.open(1000, limits: limits)
        #expect(quota.count == 3)
    }

    @Test func `connections of a user share one copy of a long list of groups`() throws {
        var lists = GroupLists()
        func long(_ first: UInt32) -> [UInt32] { (first..<first + 2000).reversed() }
        let one = try lists.join(long(0), of: 1000)
        #expect(one.groupIDs == Array(0..<2000))
        #expect(try lists.join(long(0), of: 1000) === one)
        #expect(try lists.join(long(0), of: 1001) !== one)
        for first in 1..<UInt32(GroupLists.mostLong) { _ = try lists.join(long(first), of: 1000) }
        let tooMany = BrokerError.limitReached(limit: "group_lists_per_user", value: 8)
        #expect(throws: tooMany) { try lists.join(long(100), of: 1000) }
        #expect(try lists.join([5, 3], of: 1000).groupIDs == [3, 5])
        // The second connection still uses it.
        lists.leave(one)
        #expect(throws: tooMany) { try lists.join(long(100), of: 1000) }
        lists.leave(one)
        #expect(try lists.join(long(100), of: 1000).groupIDs == Array(100..<2100))
    }

    @Test func `connections fit the descriptor limit, and one user leaves some to others`() {
        let wanted = limits(4096, perUser: 1024)
        #expect(wanted.fitting(descriptors: 8192) == wanted)
        #expect(wanted.fitting(descriptors: .max) == wanted)
        #expect(wanted.fitting(descriptors: 128) == limits(96, perUser: 24))
        #expect(wanted.fitting(descriptors: 4) == limits(3, perUser: 1))
    }

    @Test func `a daemon running as the overflow user trusts no client as itself`() throws {
        var quota = ConnectionQuota(ownUserID: 65534)
        try quota.open(65534, limits: limits(1000, perUser: 1))
        #expect(throws: BrokerError.limitReached(limit: "connections_per_user", value: 1)) {
            try quota.open(65534, limits: limits(1000, perUser: 1))
        }
        let nobody = Client(processID: 1, userID: 65534, groupID: 65534, supplementaryGroupIDs: [])
        #expect(!Administrators(ownUserID: 65534).includes(nobody))
        #expect(!Administrators(ownUserID: 65534).isOwner(nobody))
        let own = Client(processID: 1, userID: 990, groupID: 990, supplementaryGroupIDs: [])
        #expect(Administrators(ownUserID: 990).isOwner(own))
    }

    @Test func `the last 64 are reserved for root and the daemon's own user`() throws {
        var quota = ConnectionQuota(ownUserID: 990)
        let limits = limits(100, perUser: 1000)
        for _ in 0..<36 { try quota.open(1000, limits: limits) }
        #expect(throws: BrokerError.limitReached(limit: "connections", value: 100)) {
            try quota.open(1000, limits: limits)
        }
        for _ in 0..<32 {
            try quota.open(0, limits: limits)
            try quota.open(990, limits: limits)
        }
        #expect(throws: BrokerError.limitReached(limit: "connections", value: 100)) {
            try quota.open(0, limits: limits)
        }
    }

    @Test(
        arguments: [
            (1, 0, 0, [], "Serving 1 segment, 0 leases"),
            (4, 1, 1, [], "Serving 3 segments, 1 lease, 1 blocked"),
            (2, 0, 2, ["configuration refused"], "Serving 2 segments, 2 leases; configuration refused"),
            (0, 0, 0, ["a", "b"], "Serving 0 segments, 0 leases; a; b"),
        ] as [(Int, Int, Int, [String], String)]
    )
    func `the status line has the current numbers`(
        segments: Int,
        blocked: Int,
        leases: Int,
        notes: [String],
        line: String
    ) {
        let status = StatusLine.serving(segments: segments, blocked: blocked, leases: leases, notes: notes)
        #expect(status == line)
    }

    @Test func `administrators are root, the daemon's user and the members of their groups`() {
        let groups = GroupTable(lookups: ["adm": .found(4), "ghosts": .unknown])
        let administrators = Administrators(ownUserID: 990, names: ["adm", "ghosts"], groups: groups)
        func client(_ user: UInt32, _ groups: [UInt32] = []) -> Client {
            Client(processID: 1, userID: user, groupID: user, supplementaryGroupIDs: groups)
        }
        #expect(administrators.includes(client(0)))
        #expect(administrators.includes(client(990)))
        #expect(administrators.includes(client(1000, [4])))
        #expect(!administrators.includes(client(1000)))
        #expect(!administrators.isOwner(client(1000, [4])))
    }
}
