import SegmentModel
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

/// A lasting condition is reported once, however often it is checked.
@Suite struct LogDeduplicationTests {
    private func checkOften(_ fixture: BrokerFixture) {
        for _ in 0..<5 { fixture.broker.check(groups: fixture.groups) }
    }

    @Test func `the key of a blocked segment moves once`() throws {
        let fixture = try BrokerFixture()
        fixture.kernel.files["/etc/segmentd/segments.d/b.toml"] = 0x101
        fixture.kernel.files["/etc/segmentd/segments.d/a.toml"] = 0x101
        fixture.kernel.capacity = 1
        try fixture.start([.test("a"), .test("b")])
        checkOften(fixture)
        #expect(try fixture.state("b") == .blocked)
        #expect(fixture.log.lines.count { $0.contains("Segment b gets key") } == 1)
        #expect(fixture.log.lines.count { $0.contains("Segment b is blocked") } == 1)
    }

    @Test(
        arguments: [
            (.noMemory, "LimitAS="), (.resourceTemporarilyUnavailable, "LimitMEMLOCK="),
            (.notPermitted, "SystemCallFilter="),
        ] as [(Errno, String)]
    )
    func `a segment that the broker cannot attach is a problem until it can`(
        errno: Errno,
        remedy: String
    ) throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let identifier = try #require(try fixture.describe("a").identifier)
        try fixture.kill()
        fixture.injector.refused = (.attach, errno)
        fixture.kernel.largestAddressSpace = 1 << 30
        try fixture.start([.test("a")])
        checkOften(fixture)
        #expect(try fixture.describe("a").problems.map(\.kind) == [.unshielded])
        #expect(try fixture.describe("a").problems.first?.remedy?.contains(remedy) == true)
        #expect(fixture.log.lines.count { $0.contains("does not let the broker attach it") } == 1)
        fixture.injector.refused = nil
        checkOften(fixture)
        #expect(try fixture.describe("a").problems.isEmpty)
        #expect(try fixture.kernel.statusOfAny(identifier).attachmentCount == 1)
    }

    @Test func `a mode that excludes even the creator is repaired before the broker attaches`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let identifier = try #require(try fixture.describe("a").identifier)
        try fixture.kill()
        try fixture.kernel.acting(as: 0) {
            try fixture.kernel.setOwner(identifier, userID: 0, groupID: 0, mode: [])
        }
        try fixture.start([.test("a")])
        let status = try fixture.kernel.statusOfAny(identifier)
        #expect(status.attachmentCount == 1)
        #expect(status.mode.rawValue == 0o660)
        #expect(try fixture.state("a") == .ready)
    }

    @Test func `a limit is reported when reached and when no longer reached`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        fixture.kernel.capacity = 1
        checkOften(fixture)
        fixture.kernel.capacity = 2
        checkOften(fixture)
        #expect(
            fixture.log.lines.filter { $0.contains("Host") } == [
                "warning: Host: kernel.shmmni (1) is exhausted: no segment can be created",
                "notice: Host: resolved: kernel.shmmni (1) is exhausted: "
                    + "no segment can be created",
            ]
        )
    }
}

@Suite struct LimitWarningsTests {
    private let limits = KernelLimits(
        largestSegment: 1 << 20,
        segments: 10,
        totalBytes: 1 << 30,
        segmentsInUse: 9,
        bytesInUse: (1 << 30) - 4096
    )

    private func largest(_ bytes: UInt64) throws -> LimitWarnings.Largest {
        LimitWarnings.Largest(name: SegmentName("a"), bytes: bytes)
    }

    @Test func `with room left, there is no warning`() throws {
        #expect(LimitWarnings.warnings(limits, largest: nil).isEmpty)
        #expect(LimitWarnings.warnings(limits, largest: try largest(1 << 20)).isEmpty)
    }

    @Test func `the largest is by size, then the first by name`() throws {
        func named(_ name: String, _ bytes: UInt64) throws -> LimitWarnings.Largest {
            LimitWarnings.Largest(name: try #require(SegmentName(name)), bytes: bytes)
        }
        let all = try [named("c", 4096), named("b", 8192), named("a", 4096), named("d", 8192)]
        #expect(try all.max() == named("b", 8192))
    }

    @Test func `each exhausted limit is named`() throws {
        var limits = limits
        limits.segmentsInUse = 10
        limits.bytesInUse = 1 << 30
        let warnings = LimitWarnings.warnings(limits, largest: try largest(2 << 20))
        #expect(warnings.map(\.kind) == [.kernelLimit, .kernelLimit, .kernelLimit])
        #expect(
            warnings.map(\.message) == [
                "kernel.shmmni (10) is exhausted: no segment can be created",
                "kernel.shmall (1 GiB) is exhausted: no segment can be created",
                "kernel.shmmax is 1048576 bytes: segment a has 2 MiB and could not be created again",
            ]
        )
        #expect(warnings.allSatisfy { $0.remedy != nil })
    }
}
