import SegmentModel
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Synchronization
import Testing

@testable import SegmentRecords

/// Records on a disk that hangs for a while.
@Suite struct TimedRecordsTests {
    private final class SlowRecords: SegmentRecords, Sendable {
        let latch = Latch()
        private let texts = Mutex<[String]>([])
        var done: [String] { texts.withLock { $0 } }

        func load() throws(RecordsError) -> LoadedRecords { LoadedRecords() }

        func write(_ record: SegmentRecord) throws(RecordsError) {
            if record.name.string.hasPrefix("held") { latch.wait() }
            if record.name.string == "full" {
                throw RecordsError(call: "write", path: "full", errno: .noSpace)
            }
            texts.withLock { $0.append("\(record.name)") }
        }

        func remove(_ name: SegmentName) throws(RecordsError) { texts.withLock { $0.append("-\(name)") } }
    }

    private func record(_ name: String) throws -> SegmentRecord {
        SegmentRecord(
            name: try #require(SegmentName(name)),
            key: SegmentKey(rawValue: 1),
            size: 1,
            creatorUserID: 1
        )
    }

    @Test func `changes are made in order, and their errors are the disk's`() throws {
        let disk = SlowRecords()
        let records = TimedRecords(disk, limit: .seconds(10))
        try records.write(record("a"))
        try records.remove(record("a").name)
        #expect(throws: RecordsError(call: "write", path: "full", errno: .noSpace)) {
            try records.write(record("full"))
        }
        try records.write(record("b"))
        #expect(disk.done == ["a", "-a", "b"])
    }

    @Test func `a hung disk costs one time limit, and is used again once it answers`() throws {
        let disk = SlowRecords()
        let records = TimedRecords(disk, limit: .milliseconds(50))
        #expect(throws: RecordsError(call: "write", path: "held", errno: .timedOut)) {
            try records.write(record("held"))
        }
        let clock = ContinuousClock()
        let start = clock.now
        for _ in 0..<100 {
            #expect(throws: RecordsError.self) { try records.write(record("a")) }
            #expect(throws: RecordsError.self) { try records.remove(record("a").name) }
        }
        #expect(clock.now - start < .seconds(5), "each waits no longer")
        disk.latch.raise()
        let end = clock.now + .seconds(10)
        while (try? records.write(record("b"))) == nil, clock.now < end {}
        #expect(disk.done == ["held", "b"])
    }
}
