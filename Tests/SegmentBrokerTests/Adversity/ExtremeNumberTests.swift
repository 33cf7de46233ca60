import SegmentModel
import SegmentRecords
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

/// Extreme values of untrusted numbers: nothing traps, and the broker continues.
@Suite struct ExtremeNumberTests {
    /// One number of a segment's status at an end of its range.
    struct Extreme: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let apply: @Sendable (inout SegmentStatus) -> Void

        static let all = times + counts + identities

        private static let times = [Int64.min, -1, 1, 1 << 62, .max].flatMap { time in
            [
                Extreme(testDescription: "shm_atime \(time)") { $0.lastAttach = time },
                Extreme(testDescription: "shm_dtime \(time)") { $0.lastDetach = time },
                Extreme(testDescription: "shm_ctime \(time)") { $0.lastChange = time },
            ]
        }

        private static let counts = [0, 1, 1 << 63 - 65537, 1 << 63, .max].flatMap { (count: UInt64) in
            [
                Extreme(testDescription: "shm_segsz \(count)") { $0.size = count },
                Extreme(testDescription: "shm_nattch \(count)") { $0.attachmentCount = count },
            ]
        }

        private static let identities = [
            Extreme(testDescription: "shm_cpid \(Int32.min)") { $0.creatorProcessID = .min },
            Extreme(testDescription: "shm_cpid \(Int32.max)") { $0.creatorProcessID = .max },
            Extreme(testDescription: "shm_perm.uid and gid \(UInt32.max)") {
                ($0.ownerUserID, $0.ownerGroupID) = (.max, .max)
            },
            Extreme(testDescription: "shm_perm.cuid and cgid \(UInt32.max)") {
                ($0.creatorUserID, $0.creatorGroupID) = (.max, .max)
            },
            Extreme(testDescription: "shm_perm.mode 0777") { $0.mode = FilePermissions(rawValue: 0o777) },
        ]
    }

    @Test(arguments: Extreme.all)
    func `extreme numbers of the broker's own segment`(extreme: Extreme) throws {
        let fixture = try BrokerFixture()
        let lingering = SegmentDefinition.test("b", keep: .whileUsed(linger: .seconds(30)))
        try fixture.start([.test("a"), lingering])
        let holder = LeaseHolder(.member)
        for name in ["a", "b"] { _ = try fixture.broker.acquire(name, .readWrite, holder) }
        fixture.broker.disconnected(holder)
        for identifier in fixture.kernel.segments.keys { fixture.kernel.say(of: identifier, extreme.apply) }
        exercise(fixture)
        fixture.clock.now += .seconds(60)
        fixture.broker.expire()
        exercise(fixture)
        _ = fixture.reload([.test("a", size: 8192), lingering])
        try fixture.kill()
        try fixture.start([.test("a"), lingering])
        exercise(fixture)
        fixture.broker.stop(isRestart: false)
    }

    @Test(arguments: Extreme.all)
    func `extreme numbers of a foreign segment under a declared key`(extreme: Extreme) throws {
        let fixture = try BrokerFixture()
        let key = SegmentKey(rawValue: 77)
        fixture.kernel.totalBytes = .max
        let other = try fixture.kernel.acting(as: 1001) {
            try fixture.kernel.get(key, size: 1, flags: .create, mode: [])
        }
        fixture.kernel.say(of: other, extreme.apply)
        try fixture.start([.test("a", key: .value(key)), .test("b")])
        exercise(fixture)
        #expect(try fixture.state("a") == .blocked)
        _ = try fixture.broker.acquire("b", .readWrite, LeaseHolder(.member))
    }

    @Test(arguments: [Int32.min, -1, 0, .max], [0, 1 << 63 - 65537, .max] as [UInt64])
    func `any content of a record`(identifier: Int32, size: UInt64) throws {
        let fixture = try BrokerFixture()
        for name in ["a", "undeclared"] {
            let record = SegmentRecord(
                name: SegmentDefinition.test(name).name,
                key: SegmentKey(rawValue: .min),
                size: size,
                creatorUserID: name == "a" ? 990 : .max,
                identifier: SegmentIdentifier(rawValue: identifier),
                created: identifier < 0 ? .min : .max
            )
            try fixture.disk.write(record)
        }
        try fixture.start([.test("a")])
        exercise(fixture)
        #expect(fixture.broker.segmentCount == 1)
        _ = try fixture.broker.acquire("a", .readWrite, LeaseHolder(.member))
    }

    @Test func `extreme limits, memory and sizes from the kernel`() throws {
        let fixture = try BrokerFixture()
        fixture.kernel.largestSegment = .max
        fixture.kernel.totalBytes = .max
        try fixture.start([.test("a", size: .max), .test("b", size: 1 << 63)])
        #expect(fixture.broker.segmentBytes == .max)
        for number in [0, 1, 1 << 63, .max] as [UInt64] {
            fixture.kernel.saidMemory = SegmentMemory(resident: number, swapped: number)
            fixture.kernel.saidLimits = KernelLimits(
                largestSegment: number,
                segments: Int(clamping: number),
                totalBytes: number,
                segmentsInUse: Int(clamping: number),
                bytesInUse: number
            )
            fixture.clock.now += .seconds(1)
            exercise(fixture)
            _ = try fixture.broker.acquire("a", .readWrite, LeaseHolder(.member))
        }
    }

    @Test(arguments: [Int64.min, -1, 0, 1, 1 << 62, .max], [Int64.min, 0, 1_800_000_000_000_000, .max])
    func `a linger is never negative nor longer than declared, whatever the clocks say`(
        detached: Int64,
        now: Int64
    ) {
        var status = SegmentStatus.test
        status.lastDetach = detached
        let rest = Linger.remaining(.seconds(30), status, at: now)
        #expect(.zero...(.seconds(30)) ~= rest)
    }

    /// Runs every command that reads segments, for each kind of client.
    private func exercise(_ fixture: BrokerFixture) {
        let broker = fixture.broker
        broker.check(groups: fixture.groups)
        broker.expire()
        _ = broker.warnings(broker.totals())
        _ = broker.kernelLimits()
        _ = broker.segmentBytes
        for client in [Client.root, .member, .stranger] {
            let viewer = Viewer(client: client, isAdministrator: client == .root)
            let memory = broker.memory()
            var last: SegmentName?
            while let segment = broker.segment(after: last, viewer: viewer, memory: memory) {
                last = segment.name
                _ = try? broker.describe(segment.name.string, viewer: viewer)
                let holder = LeaseHolder(client)
                _ = try? broker.acquire(segment.name.string, .readOnly, holder)
                try? broker.remove(segment.name.string, when: .ifUnused, viewer: viewer)
                broker.disconnected(holder)
                _ = try? broker.acquire(segment.name.string, .readOnly, holder)
                broker.disconnected(holder)
            }
        }
    }
}

extension SegmentStatus {
    fileprivate static let test = SegmentStatus(
        key: SegmentKey(rawValue: 1),
        ownerUserID: 990,
        ownerGroupID: 990,
        creatorUserID: 990,
        creatorGroupID: 990,
        mode: FilePermissions(rawValue: 0o660),
        isMarkedForRemoval: false,
        size: 4096,
        attachmentCount: 1,
        creatorProcessID: 1,
        lastAttach: 0,
        lastDetach: 0,
        lastChange: 0
    )
}
