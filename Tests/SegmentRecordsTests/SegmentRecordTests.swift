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

    @Test func `a record round-trips`() throws {
        let record = try SegmentRecord(text: Self.whole)
        #expect(record.name.string == "telemetry")
        #expect(record.key == SegmentKey(bits: 0x4100_000f))
        #expect(record.segment?.traits.size == 4096)
        #expect(record.segment?.traits.creatorUserID == 990)
        #expect(record.segment?.traits.creatorProcessID == nil)
        #expect(record.identifier?.rawValue == 7)
        #expect(record.segment?.created == 1_800_000_000_000_000)
        #expect(record.text == Self.whole)
    }

    @Test func `a record from before shmget has no identifier`() throws {
        var record = try SegmentRecord(text: Self.whole)
        record.segment?.identifier = nil
        record.segment?.created = nil
        #expect(try SegmentRecord(text: record.text) == record)
    }

    @Test func `a truncated record is damaged`() {
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
    func `an incomplete record is refused with the reason`(text: String, defect: RecordDefect) {
        #expect(throws: defect) { try SegmentRecord(text: text) }
    }
}

/// The parts of records besides the segment: pending requests, replacements and former memory.
@Suite struct DueRecordTests {
    private static let whole = """
        segmentd-record 1
        name telemetry
        key 0x4100000f
        size 4096
        creator 990
        process 100
        identifier 7
        created 1800000000000000
        replacing identifier 6 key 0x4100000f size 8192 creator 990 process 90
        request renew now
        former identifier 4 key 0x4100000f size 4096 creator 990 process 80 holds-name
        former identifier 5 key 0xffffffff size 1 creator 0
        group 500 domain users
        end

        """

    private static let identity = SegmentRecord.Identity(
        identifier: SegmentIdentifier(rawValue: 6),
        traits: SegmentRecord.Traits(
            key: SegmentKey(bits: 0x4100_000f),
            size: 8192,
            creatorUserID: 990,
            creatorProcessID: 90
        )
    )

    @Test func `everything round-trips`() throws {
        let record = try SegmentRecord(text: Self.whole)
        #expect(record.segment?.traits.creatorProcessID == 100)
        #expect(record.identifier?.rawValue == 7)
        #expect(record.replacing == Self.identity)
        #expect(record.request == SegmentRecord.Request(.renew, isNow: true))
        #expect(record.formerMemory.map(\.identity.identifier.rawValue) == [4, 5])
        #expect(record.formerMemory.map(\.holdsName) == [true, false])
        #expect(record.formerMemory.map(\.identity.traits.creatorProcessID) == [80, nil])
        #expect(record.group == SegmentRecord.Group(name: "domain users", number: 500))
        #expect(record.text == Self.whole)
    }

    @Test(
        arguments: [.remove, .renew] as [SegmentRecord.Request.Verb],
        [false, true]
    )
    func `each request round-trips`(verb: SegmentRecord.Request.Verb, isNow: Bool) throws {
        var record = try SegmentRecord(text: Self.whole)
        record.request = SegmentRecord.Request(verb, isNow: isNow)
        #expect(try SegmentRecord(text: record.text) == record)
    }

    @Test(
        arguments: [nil, "telemetry", "domain users", " ", "x\r", "\u{301}x"] as [String?],
        [0, 500, .max] as [UInt32]
    )
    func `each group round-trips`(name: String?, number: UInt32) throws {
        var record = try SegmentRecord(text: Self.whole)
        record.group = SegmentRecord.Group(name: name, number: number)
        #expect(try SegmentRecord(text: record.text) == record)
    }

    @Test(arguments: ["", "two\nlines", "two\r\nlines"])
    func `a group that does not fit in a line is omitted`(name: String) throws {
        var record = try SegmentRecord(text: Self.whole)
        record.group = SegmentRecord.Group(name: name, number: 500)
        let again = try SegmentRecord(text: record.text)
        #expect(again.group == nil)
        record.group = nil
        #expect(again == record)
    }

    @Test func `a name without a segment keeps its request and its former memory`() throws {
        let name = SegmentName("telemetry")
        let former = SegmentRecord.FormerMemory(Self.identity, holdsName: true)
        for record in [
            SegmentRecord(name, request: SegmentRecord.Request(.remove, isNow: true)),
            SegmentRecord(name, formerMemory: [former]),
            SegmentRecord(name, replacing: Self.identity),
        ] {
            #expect(try SegmentRecord(text: record.text) == record)
        }
    }

    @Test func `a record truncated anywhere or with any bit flipped is damaged or round-trips`()
        throws
    {
        let bytes = Array(Self.whole.utf8)
        for length in 1..<bytes.count {
            #expect(throws: RecordDefect.self) {
                try SegmentRecord(text: String(decoding: bytes[..<length], as: UTF8.self))
            }
        }
        for index in bytes.indices {
            for bit in 0..<8 {
                var garbled = bytes
                garbled[index] ^= 1 << bit
                let text = String(decoding: garbled, as: UTF8.self)
                guard let record = try? SegmentRecord(text: text) else { continue }
                #expect(try SegmentRecord(text: record.text) == record)
            }
        }
    }

    @Test(arguments: [
        ("request renew now", "request"), ("request renew now", "request "),
        ("request renew now", "request Renew"), ("request renew now", "request renew  now"),
        ("request renew now", "request renew later"), ("request renew now", "request renew now now"),
        ("request renew now", "request renew\nrequest renew"),
        ("process 100", "process x"), ("process 100", "process 2147483648"),
        ("process 100", "process 1\nprocess 1"),
        ("replacing identifier 6", "replacing 6"), ("replacing identifier 6 ", "replacing "),
        ("size 8192", "size -1"), ("size 8192", "size 8192 size 8192"), ("size 8192", "size"),
        ("size 8192", "colour 8192"), (" size 8192", ""),
        ("replacing identifier 6", "replacing identifier 7"),
        ("former identifier 4", "former identifier 5"), ("former identifier 4", "former identifier 6"),
        ("former identifier 4", "former identifier 7"), ("former identifier 4", "former"),
        ("former identifier 4", "former identifier x"), ("holds-name", "holds-nothing"),
        ("holds-name", "holds-name holds-name"), (" key 0xffffffff", " key ffffffff"),
        ("group 500", "group x"), ("group 500", "group -1"), ("group 500", "group 4294967296"),
        ("group 500 domain users", "group 500 "), ("group 500 domain users", "group"),
        ("key 0x4100000f\nsize 4096\ncreator 990\nprocess 100\n", ""),
        ("creator 990\nprocess 100", "process 100"),
    ])
    func `garbled records are refused`(fact: String, garbled: String) throws {
        let range = try #require(Self.whole.firstRange(of: fact))
        let text = Self.whole[..<range.lowerBound] + garbled + Self.whole[range.upperBound...]
        #expect(throws: RecordDefect.damaged) { try SegmentRecord(text: String(text)) }
    }

    @Test(arguments: ["", "identifier 7\n", "created 1\n", "process 1\n", "identifier 7\ncreated 1\n"])
    func `a record without any memory is damaged`(facts: String) {
        let text = "segmentd-record 1\nname telemetry\n\(facts)end\n"
        #expect(throws: RecordDefect.damaged) { try SegmentRecord(text: text) }
    }
}
