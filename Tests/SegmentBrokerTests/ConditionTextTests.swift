import SegmentModel
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

/// Each runtime problem that keeps a segment from clients, with its message and remedy.
@Suite struct ConditionTextTests {
    struct Condition: CustomTestStringConvertible, Sendable {
        var kind: String
        var definition: SegmentDefinition
        var prepare: @Sendable (BrokerFixture) throws -> Void = { _ in }
        /// Drifted if the segment exists and keeps its key.
        var state = SegmentLifecycle.State.blocked
        var message: String
        var remedy: String

        var testDescription: String { kind }
    }

    static let conditions: [Condition] = [
        Condition(
            kind: "group_unknown",
            definition: .test("a", group: "ghosts"),
            message: "there is no group ghosts",
            remedy: "`groupadd ghosts`, or declare another group; segmentd tries again by itself"
        ),
        Condition(
            kind: "key_path_missing",
            definition: .test("a", key: .path("/srv/missing", project: 65)),
            message: "/srv/missing, from which ftok makes the key, does not exist",
            remedy: "create the file, or declare the key as a number: value = 0x…"
        ),
        Condition(
            kind: "key_path_unreadable",
            definition: .test("a", key: .path("/srv/file", project: 65)),
            prepare: { $0.injector.fault = (1, .permissionDenied) },
            message: "/srv/file, from which ftok makes the key, cannot be looked up: Permission denied",
            remedy:
                "let the daemon's user search its directories, or declare the key as a number: value = 0x…"
        ),
        Condition(
            kind: "key_path_hidden",
            definition: .test("a", key: .path("/home/u/file", project: 65)),
            message: "/home/u/file is hidden from the service by its sandbox",
            remedy: "move the file, or declare the number that ftok gives outside the sandbox: "
                + "`segmentctl check` prints it as value = 0x…"
        ),
        Condition(
            kind: "kernel_limit",
            definition: .test("a", size: 1 << 41),
            message: "the size, 2 TiB, exceeds the kernel's largest segment, 1099511627776 bytes",
            remedy: "declare a smaller size, or raise kernel.shmmax with sysctl"
        ),
        Condition(
            kind: "kernel_limit",
            definition: .test("a"),
            prepare: { $0.kernel.capacity = 0 },
            message: "all 0 identifiers of the kernel are in use",
            remedy:
                "remove unused segments (nattch 0 in `ipcs -m`) with `ipcrm`, or raise kernel.shmmni with sysctl"
        ),
        Condition(
            kind: "out_of_memory",
            definition: .test("a"),
            prepare: { $0.injector.fault = (4, .noMemory) },
            message: "the kernel has no memory for 4 KiB (shmget)",
            remedy: "free memory, or declare a smaller size; segmentd tries again by itself"
        ),
        Condition(
            kind: "out_of_memory",
            definition: .test("a", size: 64 << 30),
            prepare: {
                $0.injector.fault = (4, .noMemory)
                $0.kernel.memoryOfHost = MemoryLimits(
                    ram: 24 << 30,
                    swap: 0,
                    overcommit: .heuristic,
                    commitLimit: 12 << 30,
                    committed: 1 << 30
                )
            },
            message: "64 GiB is more than this host has, 24 GiB of RAM and 0 B of swap, "
                + "and vm.overcommit_memory is 0",
            remedy: "declare a smaller size, add RAM or swap, or set vm.overcommit_memory to 1 with sysctl; "
                + "freeing memory does not help"
        ),
        Condition(
            kind: "out_of_memory",
            definition: .test("a"),
            prepare: {
                $0.injector.refused = (.attach, .noMemory)
                $0.kernel.largestAddressSpace = 1 << 30
            },
            state: .drifted,
            message: "the daemon cannot attach 4 KiB: its address space is limited to 1 GiB (RLIMIT_AS)",
            remedy: "raise LimitAS= of segmentd.service, or declare a smaller size"
        ),
        Condition(
            kind: "out_of_memory",
            definition: .test("a"),
            prepare: { $0.injector.refused = (.attach, .resourceTemporarilyUnavailable) },
            state: .drifted,
            message: "the daemon's memory is locked, and it may not lock 4 KiB more (RLIMIT_MEMLOCK)",
            remedy: "raise LimitMEMLOCK= of segmentd.service, or declare a smaller size"
        ),
        Condition(
            kind: "kernel_refused",
            definition: .test("a"),
            prepare: { $0.injector.refused = (.find, .noFunction) },
            message: "the daemon may not call shmget: Function not implemented",
            remedy:
                "a seccomp filter refuses it: see SystemCallFilter= of segmentd.service, or the profile of "
                + "the container; segmentd tries again by itself"
        ),
        Condition(
            kind: "squatted",
            definition: .test("a", key: .value(SegmentKey(rawValue: 0x77))),
            prepare: { fixture in
                fixture.kernel.goneProcesses = [1]
                _ = try fixture.kernel.acting(as: 1001) {
                    try fixture.kernel.get(
                        SegmentKey(rawValue: 0x77),
                        size: 1024,
                        flags: .create,
                        mode: .ownerRead
                    )
                }
            },
            message: "key 0x00000077 belongs to segment 1 of user 1001, created by process 1 (gone), 1 KiB, "
                + "not attached",
            remedy:
                "nobody has it attached: if its contents are not needed, `ipcrm -m 1`; segmentd then creates its own "
                + "within 15 seconds; or declare another key; segmentd does not touch segments that it did not create"
        ),
        Condition(
            kind: "squatted",
            definition: .test("a", key: .value(SegmentKey(rawValue: 0x77))),
            prepare: { fixture in
                _ = try fixture.kernel.acting(as: 1001) {
                    let other = try fixture.kernel.get(
                        SegmentKey(rawValue: 0x77),
                        size: 1024,
                        flags: .create,
                        mode: .ownerRead
                    )
                    return try fixture.kernel.attach(other, readOnly: true)
                }
            },
            message: "key 0x00000077 belongs to segment 1 of user 1001, created by process 1, 1 KiB, "
                + "currently attached, last used by process 1",
            remedy:
                "stop the programs that have it attached, then `ipcrm -m 1`; start them again once segmentd has "
                + "created its own, within 15 seconds; or declare another key; segmentd does not touch segments that "
                + "it did not create"
        ),
        Condition(
            kind: "records_unwritable",
            definition: .test("a"),
            prepare: { $0.disk.isFull = true },
            message: "its record cannot be written: write state: No space left on device",
            remedy: "check that the state directory has space and answers; segmentd tries again by itself"
        ),
    ]

    @Test(arguments: conditions)
    func `a runtime condition blocks one segment and has a remedy`(
        condition: Condition
    ) throws {
        let fixture = try BrokerFixture()
        try condition.prepare(fixture)
        fixture.kernel.files["/srv/file"] = 1
        try fixture.start([condition.definition])
        let lifecycle = fixture.broker.segments["a"]?.lifecycle
        let problem = try #require(lifecycle?.problems.first)
        #expect(lifecycle?.state == condition.state)
        #expect(problem.kind.rawValue == condition.kind)
        #expect(problem.message == condition.message)
        #expect(problem.remedy == condition.remedy)
        // A fault is over once it has occurred.
        guard fixture.injector.fault == nil else { return }
        #expect(throws: BrokerError.segmentBlocked(name: condition.definition.name, problem: problem)) {
            try fixture.broker.acquire("a", .readOnly, LeaseHolder(.root))
        }
        let ours = fixture.kernel.segments.values.filter { $0.creatorUserID == 990 }
        #expect(ours.allSatisfy { $0.mode == .ownerReadWrite })
    }

    @Test func `a user's own segment without a record is not called foreign`() throws {
        let fixture = try BrokerFixture()
        fixture.isService = false
        try fixture.kill()
        let key = SegmentKey(rawValue: 0x77)
        let own = try fixture.kernel.get(key, size: 1024, flags: .create, mode: .ownerRead)
        try fixture.start([.test("a", key: .value(key))])
        let problem = try #require(try fixture.describe("a").problems.first)
        #expect(problem.kind == .squatted)
        #expect(problem.message.contains("of segmentd's own user (1 KiB), which no record names"))
        #expect(problem.remedy?.contains("`ipcrm -m \(own)`: segmentd then creates its own") == true)
    }

    @Test func `two names with one key: the later one is blocked by the collision`() throws {
        let fixture = try BrokerFixture()
        fixture.kernel.files["/srv/one"] = 0x1_0007
        fixture.kernel.files["/srv/two"] = 0x2_0007
        try fixture.start([
            .test("a", key: .path("/srv/one", project: 65)), .test("b", key: .path("/srv/two", project: 65)),
        ])
        #expect(try fixture.state("a") == .ready)
        let problem = try #require(try fixture.describe("b").problems.first)
        #expect(problem.kind == .keyCollision)
        #expect(problem.message == "key 0x41010007, ftok(\"/srv/two\", 65), is already the key of segment a")
        #expect(problem.remedy == "declare another project, path or value under [key]")
    }
}
