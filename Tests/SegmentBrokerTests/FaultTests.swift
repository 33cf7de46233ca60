import SegmentModel
import SegmentRecords
import SegmentTestSupport
import SystemPackage
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

/// Each kernel call of each plan fails once: nothing is half done, and the next check makes it good.
@Suite struct FaultTests {
    private let administrator = Viewer(client: .root, isAdministrator: true)

    /// Runs `plan` as often as it makes kernel calls, failing another one each time.
    ///
    /// Returns how many calls there were.
    @discardableResult
    private func failingEachCall(
        of plan: (BrokerFixture) throws -> Void,
        errno: Errno,
        after prepare: (BrokerFixture) throws -> Void = { _ in },
        then judge: (BrokerFixture, FaultyKernel.Call) throws -> Void
    ) throws -> Int {
        var index = 0
        while true {
            let fixture = try BrokerFixture()
            try prepare(fixture)
            fixture.kernel.restart()
            fixture.kernel.failing = (index, errno)
            try plan(fixture)
            fixture.kernel.failing = nil
            guard index < fixture.kernel.calls.count else { return index }
            let call = fixture.kernel.calls[index]
            index += 1
            // shmdt(2) fails only where nothing is attached: a failure that leaves an attachment does not exist.
            if call != .shmdt { try judge(fixture, call) }
        }
    }

    /// Every segment in the kernel is one that the broker knows, under one name, shielded once.
    private func expectConsistency(_ fixture: BrokerFixture, _ call: FaultyKernel.Call) throws {
        let known = fixture.broker.segments.values.compactMap { $0.life.segment?.identifier }
        #expect(Set(known) == Set(fixture.fake.segments.keys), "after a failed \(call)")
        #expect(Set(known).count == known.count)
        #expect(Set(fixture.records.records.values.compactMap(\.identifier)) == Set(known))
    }

    @Test(arguments: [Errno.noMemory, .noSpace, .permissionDenied, .notPermitted])
    func `start`(errno: Errno) throws {
        let calls = try failingEachCall(of: { try $0.start([.test("a"), .test("b")]) }, errno: errno) {
            fixture,
            call in
            try expectConsistency(fixture, call)
            fixture.broker.check(groups: fixture.groups)
            #expect(try ["a", "b"].map(fixture.state) == [.ready, .ready], "after a failed \(call)")
            #expect(
                fixture.fake.segments.values.allSatisfy {
                    $0.attachmentCount == 1 && $0.mode.rawValue == 0o660
                }
            )
            try expectConsistency(fixture, call)
        }
        #expect(calls > 8)
    }

    @Test(arguments: [Errno.noMemory, .permissionDenied])
    func `taking over after a kill`(errno: Errno) throws {
        try failingEachCall(
            of: { try $0.start([.test("a")]) },
            errno: errno,
            after: {
                try $0.start([.test("a")])
                try $0.kill()
            },
            then: { fixture, call in
                #expect(fixture.fake.segments.count == 1, "after a failed \(call)")
                fixture.broker.check(groups: fixture.groups)
                fixture.broker.check(groups: fixture.groups)
                #expect(try fixture.state("a") == .ready, "after a failed \(call)")
                #expect(fixture.fake.segments.count == 1)
                try expectConsistency(fixture, call)
            }
        )
    }

    @Test(arguments: [Errno.notPermitted, .permissionDenied])
    func `removal`(errno: Errno) throws {
        try failingEachCall(
            of: { try? $0.broker.remove("a", when: .unused, viewer: administrator) },
            errno: errno,
            after: { try $0.start([.test("a")]) },
            then: { fixture, call in
                fixture.broker.check(groups: fixture.groups)
                try expectConsistency(fixture, call)
                #expect(
                    fixture.fake.segments.values.allSatisfy { $0.mode.rawValue == 0o660 },
                    "after a failed \(call)"
                )
                try fixture.broker.remove("a", when: .now, viewer: administrator)
                #expect(fixture.fake.segments.isEmpty)
            }
        )
    }

    @Test(arguments: [Errno.noMemory, .notPermitted])
    func `reload`(errno: Errno) throws {
        try failingEachCall(
            of: { _ = $0.reload([.test("a", mode: 0o644), .test("c")]) },
            errno: errno,
            after: { try $0.start([.test("a"), .test("b")]) },
            then: { fixture, call in
                fixture.broker.check(groups: fixture.groups)
                try expectConsistency(fixture, call)
                #expect(try ["a", "c"].map(fixture.state) == [.ready, .ready], "after a failed \(call)")
                #expect(throws: BrokerError.self, "after a failed \(call)") { try fixture.describe("b") }
            }
        )
    }

    @Test(arguments: [Errno.noMemory, .permissionDenied])
    func `acquire`(errno: Errno) throws {
        try failingEachCall(
            of: { _ = try? $0.broker.acquire("a", .readWrite, LeaseHolder(.member)) },
            errno: errno,
            after: { try $0.start([.test("a", keep: .whileUsed(linger: .seconds(1)))]) },
            then: { fixture, call in
                try expectConsistency(fixture, call)
                let grant = try fixture.broker.acquire("a", .readWrite, LeaseHolder(.member))
                #expect(
                    fixture.fake.segments[grant.identifier]?.attachmentCount == 1,
                    "after a failed \(call)"
                )
            }
        )
    }
}
