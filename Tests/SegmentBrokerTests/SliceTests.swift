import SegmentModel
import SegmentRecords
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

/// Long commands with requests served in between, and starts with missing answers.
@Suite struct SliceTests {
    private func configuration(_ definitions: [SegmentDefinition]) -> Configuration {
        Configuration(segments: definitions.sorted { $0.name < $1.name }, directory: "/etc/segmentd")
    }

    private func keys(_ configuration: Configuration, in kernel: FakeKernel) -> KeyTable {
        var keys = KeyTable()
        for file in configuration.keyFiles { keys.lookups[file] = KeyLookup(file, in: kernel) }
        return keys
    }

    @Test func `recorded segments are served before groups and keys are known, and nothing is created`()
        throws
    {
        let fixture = try BrokerFixture()
        let number = SegmentKey(rawValue: 77)
        try fixture.start([.test("a")])
        let made = try fixture.describe("a")
        try fixture.kill()
        let broker = fixture.broker
        let declared = configuration([
            .test("a"), .test("b"), .test("c", group: nil), .test("n", group: nil, key: .value(number)),
        ])
        for definition in declared.segments where fixture.kernel.files[definition.file] == nil {
            fixture.kernel.files[definition.file] = 0x700
        }
        fixture.injector.restart()
        broker.takeOver(try fixture.disk.load(), declared)
        #expect(!fixture.injector.calls.map(\.word).contains(.ftok))
        let holder = LeaseHolder(.root)
        #expect(try broker.acquire("a", .readWrite, LeaseHolder(.member)).identifier == made.identifier)
        #expect(try fixture.describe("a").state == .ready)
        #expect(
            throws: BrokerError.segmentBlocked(
                name: declared.segments[1].name,
                problem: .groupUnanswered("telemetry")
            )
        ) {
            try broker.acquire("b", .readWrite, holder)
        }
        #expect(
            throws: BrokerError.segmentBlocked(
                name: declared.segments[2].name,
                problem: KeyPathRule.unansweredProblem(declared.segments[2].file)
            )
        ) {
            try broker.acquire("c", .readWrite, holder)
        }
        #expect(try fixture.state("b") == .absent)
        #expect(try broker.acquire("n", .readWrite, holder).key == number)
        broker.starting(groups: fixture.groups, keys: keys(declared, in: fixture.kernel)).complete()
        for name in ["a", "b", "c", "n"] { #expect(try fixture.state(name) == .ready) }
    }

    @Test
    func
        `a start without an answer blocks segments that need it, and a check creates them once there is one`()
        throws
    {
        let fixture = try BrokerFixture()
        try fixture.start([])
        let declared = configuration([.test("a"), .test("n", group: nil)])
        fixture.kernel.files[declared.segments[0].file] = 0x700
        fixture.broker.takeOver(LoadedRecords(), declared)
        fixture.broker.starting(groups: GroupTable(), keys: KeyTable()).complete()
        #expect(try fixture.describe("a").problems.map(\.kind) == [.keyPathUnreadable])
        let known = keys(declared, in: fixture.kernel)
        fixture.broker.checking(groups: GroupTable(), keys: known).complete()
        #expect(try fixture.describe("a").problems.map(\.kind) == [.groupUnknown])
        let unanswered = KeyTable(lookups: known.lookups.mapValues { _ in .unanswered })
        fixture.broker.checking(groups: fixture.groups, keys: unanswered).complete()
        #expect(try fixture.state("a") == .ready)
        #expect(try fixture.describe("n").problems.map(\.kind) == [.keyPathMissing])
    }

    @Test func `a lookup without an answer changes no live segment`() throws {
        let fixture = try BrokerFixture()
        try fixture.start([.test("a")])
        let before = try fixture.describe("a")
        let unanswered = GroupTable(lookups: ["telemetry": .unanswered])
        fixture.broker.checking(groups: unanswered, keys: KeyTable()).complete()
        fixture.broker.reloading(configuration([.test("a")]), groups: unanswered, keys: KeyTable()).complete()
        #expect(try fixture.describe("a") == before)
    }

    @Test func `between two steps of a reload each segment is as before or as after`() throws {
        let old: [SegmentDefinition] = [
            .test("a"), .test("b", group: nil), .test("gone"), .test("used", keep: .whileUsed(linger: .zero)),
            .test("y", key: .value(SegmentKey(rawValue: 5))),
        ]
        let new: [SegmentDefinition] = [
            .test("a", mode: 0o664), .test("b", group: nil, key: .value(SegmentKey(rawValue: 6))),
            .test("c", key: .value(SegmentKey(rawValue: 5))), .test("used", mode: 0o644), .test("z"),
        ]
        for steps in 0..<8 {
            let fixture = try BrokerFixture()
            try fixture.start(old)
            let declared = configuration(new)
            for definition in new where fixture.kernel.files[definition.file] == nil {
                fixture.kernel.files[definition.file] = UInt32(0x700 + fixture.kernel.files.count)
            }
            let work = fixture.broker.reloading(
                declared,
                groups: fixture.groups,
                keys: keys(declared, in: fixture.kernel)
            )
            for _ in 0..<steps { _ = work.advance() }
            for name in ["a", "b", "c", "gone", "used", "y", "z"] {
                let wanted = new.first { $0.name.string == name }
                let before = old.first { $0.name.string == name }
                guard let segment = try? fixture.describe(name) else {
                    #expect(wanted == nil || before == nil, "\(name) after \(steps) steps")
                    continue
                }
                #expect([wanted?.mode, before?.mode].contains(segment.mode), "\(name) after \(steps) steps")
                _ = try? fixture.broker.acquire(name, .readOnly, LeaseHolder(.root))
            }
            work.complete()
            for definition in new {
                let segment = try fixture.describe(definition.name.string)
                #expect(segment.mode == definition.mode)
                #expect([.ready, .drifted].contains(segment.state) || segment.state == .blocked)
            }
        }
    }

    @Test func `a check does not retry a segment blocked by a kernel limit until there is room`() throws {
        let fixture = try BrokerFixture()
        fixture.kernel.capacity = 2
        try fixture.start((0..<6).map { .test("s\($0)") })
        fixture.injector.restart()
        fixture.broker.check(groups: fixture.groups)
        #expect(!fixture.injector.calls.map(\.word).contains(.create))
        #expect(fixture.disk.records.count == 2)
        fixture.kernel.capacity = 4
        fixture.injector.restart()
        fixture.broker.check(groups: fixture.groups)
        #expect(fixture.injector.calls.count { $0.word == .create } == 2, "and no more is tried than fits")
        #expect(fixture.broker.blockedCount == 2)
    }

    @Test func `a check tries one record of a disk that refuses them`() throws {
        let fixture = try BrokerFixture()
        fixture.disk.writeFailure = .noSpace
        try fixture.start((0..<6).map { .test("s\($0)") })
        fixture.injector.restart()
        fixture.check()
        #expect(fixture.injector.calls.count { $0.word == .writeRecord } == 1)
        fixture.disk.writeFailure = nil
        fixture.check()
        #expect(fixture.broker.blockedCount == 0)
    }
}
