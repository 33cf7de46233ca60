import SegmentModel
import SystemVSharedMemory
import Testing

@testable import SegmentRecords

@Suite struct SegmentRecordTests {
    private static let whole = """
        segmentd-record 1
        name telemetry
        key 0x4100000f
        size 4096
        creator 990
        identifier 7
        created 1800000000000000
        end

        """

    @Test func `a record is read and written alike`() throws {
        let record = try SegmentRecord(text: Self.whole)
        #expect(record.name.string == "telemetry")
        #expect(record.key == SegmentKey(bits: 0x4100_000f))
        #expect(record.size == 4096)
        #expect(record.creatorUserID == 990)
        #expect(record.identifier?.rawValue == 7)
        #expect(record.created == 1_800_000_000_000_000)
        #expect(record.text == Self.whole)
    }

    @Test func `a record from before shmget has no identifier`() throws {
        var record = try SegmentRecord(text: Self.whole)
        record.identifier = nil
        record.created = nil
        #expect(try SegmentRecord(text: record.text) == record)
    }

    @Test func `a record cut off anywhere is damaged`() {
        for length in 1..<Self.whole.count {
            #expect(throws: RecordDefect.self) { try SegmentRecord(text: String(Self.whole.prefix(length))) }
        }
    }

    @Test(arguments: [
        ("", RecordDefect.damaged), ("garbage\n", .damaged),
        ("segmentd-record 2\nend\n", .unknownFormat("2")),
        (whole.replacing("name telemetry", with: "name ../x"), .damaged),
        (whole.replacing("key 0x", with: "key "), .damaged),
        (whole.replacing("size 4096", with: "size -1"), .damaged),
        (whole.replacing("size 4096", with: "size 4096\nsize 4096"), .damaged),
        (whole.replacing("identifier 7", with: "identifier x"), .damaged),
        (whole.replacing("identifier 7", with: "colour 7"), .damaged),
        (whole.replacing("creator 990\n", with: ""), .damaged),
    ])
    func `a record that is not whole is refused with the reason`(text: String, defect: RecordDefect) {
        #expect(throws: defect) { try SegmentRecord(text: text) }
    }
}
