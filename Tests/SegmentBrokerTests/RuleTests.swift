import SegmentModel
import SegmentRecords
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

@Suite struct AccessRuleTests {
    private func rule(_ mode: CModeT) -> AccessRule {
        AccessRule(
            ownerUserID: 990,
            creatorUserID: 991,
            ownerGroupID: 500,
            creatorGroupID: 501,
            mode: FilePermissions(rawValue: mode)
        )
    }

    private func client(_ user: UInt32, _ group: UInt32 = 9999, _ more: [UInt32] = []) -> Client {
        Client(processID: 1, userID: user, groupID: group, supplementaryGroupIDs: more)
    }

    @Test(arguments: [(1, true), (3, true), (4, false), (7, true), (70000, true), (70001, false), (0, false)])
    func `a member has the group as primary or supplementary, in any order`(
        group: UInt32,
        isMember: Bool
    ) {
        let client = Client(
            processID: 1,
            userID: 1000,
            groupID: 7,
            supplementaryGroupIDs: [70000, 3, 1, 9, 9]
        )
        #expect(client.isMember(of: group) == isMember)
    }

    @Test(
        arguments: [
            // user, group, supplementary, mode, reads, writes
            (0, 0, [], 0o000, true, true), (990, 1, [], 0o600, true, true), (991, 1, [], 0o600, true, true),
            (990, 500, [], 0o060, false, false), (1000, 500, [], 0o660, true, true),
            (1000, 1, [500], 0o660, true, true),
            (1000, 1, [501], 0o660, true, true), (1000, 1, [500], 0o640, true, false),
            (1000, 1, [500], 0o606, false, false),
            (1000, 1, [500], 0o620, false, false), (1000, 1, [2], 0o660, false, false),
            (1000, 1, [], 0o664, true, false),
            (1000, 1, [], 0o666, true, true), (1000, 1, [], 0o662, false, false),
        ] as [(UInt32, UInt32, [UInt32], CModeT, Bool, Bool)]
    )
    func `a client is granted what the kernel grants it`(
        user: UInt32,
        group: UInt32,
        more: [UInt32],
        mode: CModeT,
        reads: Bool,
        writes: Bool
    ) {
        let client = client(user, group, more)
        #expect(rule(mode).grants(.readOnly, to: client) == reads)
        #expect(rule(mode).grants(.readWrite, to: client) == writes)
    }

    @Test func `an unmapped client owns nothing`() {
        let rule = AccessRule(
            ownerUserID: 65534,
            creatorUserID: 65534,
            ownerGroupID: 500,
            creatorGroupID: 501,
            mode: [.ownerReadWrite]
        )
        #expect(rule.class(of: client(65534)) == .other)
        #expect(!rule.grants(.readOnly, to: client(65534)))
        #expect(
            !LeaseAudience(userID: 65534, rule: rule).includes(
                Viewer(client: client(65534), isAdministrator: false)
            )
        )
        #expect(LeaseAudience(userID: 1000).includes(Viewer(client: client(1000), isAdministrator: false)))
    }

    @Test(
        arguments: [
            (
                0o660, 1, "telemetry",
                "user 1000 is not in group telemetry (500), and mode 0660 does not let others do this; "
                    + "membership takes effect at the next login"
            ),
            (
                0o660, 1, "500",
                "user 1000 is not in group 500, and mode 0660 does not let others do this; "
                    + "membership takes effect at the next login"
            ),
            // The daemon's own group, which nobody should join.
            (0o660, 1, nil, "user 1000 is not in group 500, and mode 0660 does not let others do this"),
            (0o640, 500, "telemetry", "mode 0640 does not let members of group telemetry (500) do this"),
            (
                0o640, 1, "telemetry",
                "mode 0640 lets neither members of group telemetry (500) nor others do this"
            ),
        ] as [(CModeT, UInt32, String?, String)]
    )
    func `a refusal names user, group and mode, and the remedy`(
        mode: CModeT,
        group: UInt32,
        name: String?,
        reason: String
    ) {
        #expect(rule(mode).reason(against: client(1000, group), .readWrite, groupName: name) == reason)
    }
}

@Suite struct TakeOverOrderTests {
    private let a = SegmentDefinition.test("a").name
    private let b = SegmentDefinition.test("b").name
    private let key = SegmentKey(bits: 0x4101_0007)

    @Test func `complete records come before those without an identifier, then by name`() {
        func record(_ name: SegmentName, _ identifier: Int32?) -> SegmentRecord {
            SegmentRecord(
                name: name,
                key: key,
                size: 4096,
                creatorUserID: 990,
                identifier: identifier.map(SegmentIdentifier.init(rawValue:))
            )
        }
        #expect(Broker.takesOverBefore(record(b, 5), record(a, nil)))
        #expect(!Broker.takesOverBefore(record(a, nil), record(b, 5)))
        #expect(Broker.takesOverBefore(record(a, 5), record(b, 4)))
        #expect(!Broker.takesOverBefore(record(b, 4), record(a, 5)))
    }
}

@Suite struct IdentityTests {
    private func fits(_ observation: SegmentLifecycle.Observation) -> Bool {
        SegmentLifecycle.Identity.segment(7).fits(observation)
    }

    @Test func `a segment is the same with its key, size, creator and creating process only`() {
        #expect(fits(.segment(7)))
        #expect(!fits(.segment(8)))
        #expect(!fits(.segment(7, creator: 991)))
        #expect(!fits(.segment(7, process: 101)))
        #expect(!fits(.segment(7, size: 8192)))
        #expect(!fits(.segment(7, key: SegmentKey(rawValue: 43))))
    }

    @Test func `a marked segment without its key matches if all else does`() {
        #expect(fits(.segment(7, isMarked: true)))
        #expect(!fits(.segment(7, isMarked: true, creator: 991)))
        #expect(!fits(.segment(7, isMarked: true, size: 8192)))
        #expect(!fits(.segment(7, key: .private)))
    }

    @Test func `a record of an older version does not know the process`() {
        var identity = SegmentLifecycle.Identity.segment(7)
        identity.traits.creatorProcessID = nil
        #expect(identity.fits(.segment(7, process: 101)))
        #expect(!identity.fits(.segment(7, process: 101, size: 8192)))
    }
}

@Suite struct DriftTests {
    private let key = SegmentKey(bits: 0x4101_0007)

    private func kinds(
        _ definition: SegmentDefinition,
        size: UInt64 = 4096,
        computed: SegmentKey?
    ) -> [String] {
        Drift.lasting(definition, size: size, key: key, computed: computed).map(\.kind.rawValue)
    }

    @Test func `a changed device number is distinguished from a changed inode`() {
        func message(_ computed: UInt32) -> String? {
            let definition = SegmentDefinition.test("a", key: .path("/srv/file", project: 65))
            let computed = SegmentKey(bits: computed)
            return Drift.lasting(definition, size: 4096, key: key, computed: computed).first?.message
        }
        #expect(message(0x4102_0007)?.hasPrefix("the device number of /srv/file has changed") == true)
        #expect(message(0x4101_0008)?.hasPrefix("the inode of /srv/file has changed") == true)
    }

    @Test func `differences are named`() {
        let other = SegmentKey(bits: 0x4101_0008)
        #expect(kinds(.test("a"), computed: key) == [])
        #expect(kinds(.test("a"), computed: key.replacingProjectID(with: 70)) == [])
        #expect(kinds(.test("a"), computed: nil) == [])
        #expect(kinds(.test("a"), computed: other) == ["key_moved"])
        #expect(kinds(.test("a"), size: 8192, computed: key) == ["size_differs"])
        #expect(kinds(.test("a", key: .value(other)), computed: other) == ["key_differs"])
        #expect(kinds(.test("a", key: .path("/f", project: 65)), computed: other) == ["key_moved"])
        #expect(
            kinds(.test("a", key: .path("/f", project: 66)), computed: key.replacingProjectID(with: 66)) == [
                "key_differs"
            ]
        )
        #expect(
            kinds(.test("a", key: .value(other)), size: 1, computed: other) == [
                "size_differs", "key_differs",
            ]
        )
    }
}

@Suite struct KeyPathRuleTests {
    @Test func `the key of a hidden file is reported if known`() {
        let problem = KeyPathRule.hiddenProblem("/home/u/file", key: SegmentKey(bits: 0x4101_0007))
        #expect(problem.remedy?.contains("value = 0x41010007 if both see the same file") == true)
    }
}

@Suite struct LingerTests {
    private func rest(lastDetach: Int64, now: Int64) -> Duration {
        let status = SegmentStatus(
            key: .private,
            ownerUserID: 0,
            ownerGroupID: 0,
            creatorUserID: 0,
            creatorGroupID: 0,
            mode: [],
            isMarkedForRemoval: false,
            size: 1,
            attachmentCount: 0,
            creatorProcessID: 1,
            lastAttach: 5,
            lastDetach: lastDetach,
            lastChange: 0
        )
        return Linger.remaining(.seconds(30), status, at: now * 1_000_000)
    }

    @Test(arguments: [(100, 100, 30), (100, 110, 20), (100, 130, 0), (100, 500, 0), (100, 99, 0), (0, 10, 0)])
    func `the linger starts at the last detach, and a clock set back ends it`(
        lastDetach: Int64,
        now: Int64,
        seconds: Int64
    ) {
        #expect(rest(lastDetach: lastDetach, now: now) == .seconds(seconds))
    }
}

@Suite struct KernelRefusalTests {
    private let limits = KernelLimits(
        largestSegment: 1 << 20,
        segments: 10,
        totalBytes: 1 << 30,
        segmentsInUse: 3,
        bytesInUse: 3 << 20
    )

    @Test(
        arguments: [
            (
                "shmget", Errno.invalidArgument, 2 << 20, 3, "kernel_limit",
                "exceeds the kernel's largest segment, 1048576 bytes"
            ),
            ("shmget", .noSpace, 4096, 10, "kernel_limit", "all 10 identifiers"),
            ("shmget", .noSpace, 4096, 3, "kernel_limit", "all segments together leaves no room for 4 KiB"),
            ("shmget", .noMemory, 4096, 3, "out_of_memory", "no memory for 4 KiB (shmget)"),
            ("shmat", .noMemory, 4096, 3, "out_of_memory", "no memory for 4 KiB (shmat)"),
            ("shmctl", .notPermitted, 4096, 3, "kernel_refused", "shmctl failed: Operation not permitted"),
            ("shmat", .invalidArgument, 4096, 3, "kernel_refused", "shmat failed: Invalid argument"),
            ("shmget", .noFunction, 4096, 3, "kernel_refused", "the daemon may not call shmget"),
            ("shmget", .notPermitted, 4096, 3, "kernel_refused", "the daemon may not call shmget"),
            ("shmat", .notPermitted, 4096, 3, "kernel_refused", "the daemon may not call shmat"),
            ("shmctl", .noFunction, 4096, 3, "kernel_refused", "the daemon may not call shmctl"),
            (
                "shmat", .resourceTemporarilyUnavailable, 4096, 3, "out_of_memory",
                "may not lock 4 KiB more (RLIMIT_MEMLOCK)"
            ),
            (
                "shmctl", .invalidArgument, 4096, 3, "kernel_refused",
                "does not know the segment's group here"
            ),
        ] as [(String, Errno, UInt64, Int, String, String)]
    )
    func `each errno has a message`(
        call: String,
        errno: Errno,
        size: UInt64,
        inUse: Int,
        kind: String,
        words: String
    ) {
        var limits = limits
        limits.segmentsInUse = inUse
        let problem = KernelRefusal.problem(
            call: call,
            errno: errno,
            size: ByteCount(bytes: size),
            limits: limits
        )
        #expect(problem.kind.rawValue == kind)
        #expect(problem.message.contains(words))
        #expect(problem.remedy != nil)
    }
}

@Suite struct MemoryRefusalTests {
    private static let gibibyte: UInt64 = 1 << 30

    private func problem(
        _ call: String,
        _ overcommit: MemoryLimits.Overcommit?,
        gibibytes: UInt64,
        addressSpace: UInt64? = nil
    ) -> SegmentProblem {
        let memory = overcommit.map {
            MemoryLimits(
                ram: 24 * Self.gibibyte + 5000,
                swap: 2 * Self.gibibyte,
                overcommit: $0,
                commitLimit: 14 * Self.gibibyte,
                committed: 10 * Self.gibibyte
            )
        }
        return KernelRefusal.problem(
            call: call,
            errno: .noMemory,
            size: ByteCount(bytes: gibibytes * Self.gibibyte),
            limits: nil,
            memory: memory,
            addressSpace: addressSpace
        )
    }

    @Test(
        arguments: [
            (
                .heuristic, 64,
                "64 GiB is more than this host has, 24 GiB of RAM and 2 GiB of swap, and vm.overcommit_memory is 0",
                "freeing memory does not help"
            ),
            (.heuristic, 26, "the kernel has no memory for 26 GiB (shmget)", "free memory, or"),
            (
                .never, 20,
                "20 GiB is more than the kernel promises in total, 14 GiB with 24 GiB of RAM and 2 GiB of swap: "
                    + "vm.overcommit_memory is 2",
                "freeing memory does not help"
            ),
            (
                .never, 14,
                "the kernel's commit limit of 14 GiB leaves no room for another 14 GiB: vm.overcommit_memory is 2",
                "end programs"
            ),
            (.always, 64, "the kernel has no memory for 64 GiB (shmget)", "free memory, or"),
            (nil, 64, "the kernel has no memory for 64 GiB (shmget)", "free memory, or"),
        ] as [(MemoryLimits.Overcommit?, UInt64, String, String)]
    )
    func `freeing memory is advised only if it can help`(
        overcommit: MemoryLimits.Overcommit?,
        gibibytes: UInt64,
        message: String,
        remedy: String
    ) {
        let problem = problem("shmget", overcommit, gibibytes: gibibytes)
        #expect(problem.kind == .outOfMemory)
        #expect(problem.message == message)
        #expect(problem.remedy?.contains(remedy) == true)
    }

    @Test func `a limited address space is named if attaching fails`() {
        let attach = problem("shmat", .heuristic, gibibytes: 4, addressSpace: 2 * Self.gibibyte)
        #expect(
            attach.message
                == "the daemon cannot attach 4 GiB: its address space is limited to 2 GiB (RLIMIT_AS)"
        )
        #expect(attach.remedy == "raise LimitAS= of segmentd.service, or declare a smaller size")
        let get = problem("shmget", .heuristic, gibibytes: 64, addressSpace: 2 * Self.gibibyte)
        #expect(get.message.contains("more than this host has"))
        #expect(problem("shmat", .heuristic, gibibytes: 64).message.hasSuffix("(shmat)"))
    }

    @Test func `sizes that no host has do not overflow`() {
        let problem = KernelRefusal.problem(
            call: "shmget",
            errno: .noMemory,
            size: ByteCount(bytes: .max),
            limits: nil,
            memory: MemoryLimits(
                ram: .max,
                swap: .max,
                overcommit: .heuristic,
                commitLimit: .max,
                committed: .max
            )
        )
        #expect(problem.message.contains("no memory for"))
    }
}

@Suite struct RetryRuleTests {
    private func limits(
        segments: Int = 10,
        inUse: Int = 9,
        bytes: UInt64 = 8192,
        of total: UInt64 = 16384
    )
        -> KernelLimits
    {
        KernelLimits(
            largestSegment: 8192,
            segments: segments,
            totalBytes: total,
            segmentsInUse: inUse,
            bytesInUse: bytes
        )
    }

    @Test func `a segment blocked by a limit is retried once it fits`() {
        let rule = RetryRule()
        func tries(_ size: UInt64, _ limits: KernelLimits?) -> Bool {
            rule.isWorthTrying(.kernelLimit, size: size, limits: limits)
        }
        #expect(tries(8192, limits()))
        #expect(!tries(8192, limits(inUse: 10)))
        #expect(!tries(8193, limits()))
        #expect(!tries(8192, limits(bytes: 8193)))
        #expect(!tries(1, limits(bytes: .max)))
        #expect(!tries(.max, limits(bytes: 0, of: .max)))
        #expect(tries(8192, nil))
    }

    @Test func `segments blocked by records or memory are retried until one is refused again`() {
        var rule = RetryRule()
        #expect(rule.isWorthTrying(.recordsUnwritable, size: 1, limits: nil))
        #expect(rule.isWorthTrying(.outOfMemory, size: 100, limits: nil))
        rule.note(.recordsUnwritable, size: 1)
        rule.note(.outOfMemory, size: 100)
        rule.note(.outOfMemory, size: 200)
        #expect(!rule.isWorthTrying(.recordsUnwritable, size: 1, limits: nil))
        #expect(rule.isWorthTrying(.outOfMemory, size: 99, limits: nil))
        #expect(!rule.isWorthTrying(.outOfMemory, size: 100, limits: nil))
    }

    @Test(arguments: [
        SegmentProblem.Kind.squatted, .groupUnknown, .keyPathMissing, .keyCollision, .kernelRefused,
    ])
    func `blocked segments that only an attempt can judge are always retried`(kind: SegmentProblem.Kind) {
        #expect(RetryRule().isWorthTrying(kind, size: 1, limits: limits(inUse: 10)))
    }
}

@Suite struct AnswerTableTests {
    private let known = GroupTable(lookups: ["a": .found(1), "b": .unknown, "c": .unanswered])

    @Test func `a subject never looked up is unanswered`() {
        #expect(known["d"] == .unanswered)
    }

    @Test func `a missing answer keeps the previous one`() {
        let asked = GroupTable(lookups: ["a": .unanswered, "b": .found(2), "c": .unknown, "d": .unanswered])
        #expect(
            asked.completed(by: known).lookups == [
                "a": .found(1), "b": .found(2), "c": .unknown, "d": .unanswered,
            ]
        )
    }

    @Test func `a merged table has the questions of both and the newer answers`() {
        let newer = GroupTable(lookups: ["a": .found(3), "b": .unanswered, "d": .found(4)])
        #expect(
            known.merged(with: newer).lookups
                == ["a": .found(3), "b": .unknown, "c": .unanswered, "d": .found(4)]
        )
    }
}

@Suite struct LeaseCountsTests {
    @Test func `leases are counted by user and have unique numbers`() {
        var counts = LeaseCounts()
        #expect([counts.add(of: 1), counts.add(of: 2), counts.add(of: 1)] == [1, 2, 3])
        #expect((counts.all, counts.held(by: 1), counts.held(by: 2), counts.held(by: 3)) == (3, 2, 1, 0))
        for user: UInt32 in [1, 2, 1] { counts.remove(of: user) }
        #expect((counts.all, counts.held(by: 1)) == (0, 0))
        #expect(counts.add(of: 1) == 4)
    }

    @Test func `nothing is kept of users without leases`() {
        var (counts, other) = (LeaseCounts(), LeaseCounts())
        for user: UInt32 in 1...3 { _ = (counts.add(of: user), other.add(of: 1)) }
        for user: UInt32 in 1...3 {
            counts.remove(of: user)
            other.remove(of: 1)
        }
        #expect(counts == other)
    }
}
