import SegmentModel
import SegmentTestSupport
import SystemVSharedMemory
import Testing

@testable import SegmentBroker
@testable import SegmentRecords

/// A lifecycle's record on its way to the disk and back.
@Suite struct RecordConversionTests {
    typealias Record = SegmentLifecycle.Record
    typealias FormerMemory = SegmentLifecycle.FormerMemory

    private static let name = SegmentDefinition.test("a").name
    private static let anyCreator = SegmentLifecycle.Traits(
        key: LifecycleUnderTest.key,
        size: .max,
        creatorUserID: .max,
        creatorProcessID: nil
    )

    private static let segments: [SegmentLifecycle.RecordedSegment?] = [
        nil, .planned(.declared()), .planned(anyCreator), .segment(7),
        .created(
            SegmentLifecycle.Identity(identifier: SegmentIdentifier(rawValue: .max), traits: anyCreator)
        ),
    ]
    private static let requests: [SegmentLifecycle.Request?] = [
        nil, .init(.remove), .init(.remove, isNow: true), .init(.renew), .init(.renew, isNow: true),
    ]

    @Test(arguments: segments, requests)
    func `written values are read back equal`(
        segment: SegmentLifecycle.RecordedSegment?,
        request: SegmentLifecycle.Request?
    ) throws {
        for replacing in [nil, SegmentLifecycle.Identity.segment(6)] {
            for former in [[], [FormerMemory(identity: .segment(5), holdsName: true)]] {
                for group in [nil, SegmentLifecycle.RecordedGroup.telemetry, .init(name: nil, number: 990)] {
                    let record = Record(
                        segment: segment,
                        replacing: replacing,
                        request: request,
                        formerMemory: former,
                        group: group
                    )
                    let written = SegmentRecord(Self.name, record, created: 17)
                    #expect(Record(written) == record)
                    #expect(written.segment.map { $0.created == 17 } ?? true)
                    // An empty record is erased, not written.
                    guard record != Record() else { continue }
                    #expect(try SegmentRecord(text: written.text) == written)
                }
            }
        }
    }

    @Test func `a current record has a segment and nothing else`() {
        let record = SegmentRecord(
            name: Self.name,
            key: LifecycleUnderTest.key,
            size: 4096,
            creatorUserID: 990,
            identifier: SegmentIdentifier(rawValue: 7),
            created: 17
        )
        var traits = SegmentLifecycle.Traits.declared()
        traits.creatorProcessID = nil
        let identity = SegmentLifecycle.Identity(identifier: SegmentIdentifier(rawValue: 7), traits: traits)
        #expect(Record(record) == Record(segment: .created(identity)))
        #expect(SegmentRecord(Self.name, Record(record), created: 17) == record)
    }

    @Test func `the attachments of former memory come from the kernel`() {
        let former = FormerMemory(identity: .segment(5), holdsName: false, attachments: 3)
        let written = SegmentRecord(Self.name, Record(formerMemory: [former]))
        #expect(Record(written).formerMemory == [FormerMemory(identity: .segment(5), holdsName: false)])
    }
}
