import SegmentModel
import SegmentRecords
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory

@testable import SegmentBroker

/// A lifecycle whose actions a broker performs, on a kernel and a disk in memory that outlive both.
///
/// Segment "a" of 4096 bytes under key 0x77 for group telemetry, number 500, mode 0660.
final class PerformedLifecycle {
    let fixture: BrokerFixture
    private(set) var segment: BrokeredSegment
    private(set) var notes: [SegmentLifecycle.Note] = []
    var declaration = SegmentLifecycle.Declaration.declared()

    static let name = SegmentDefinition.test("a").name
    static let key = LifecycleUnderTest.key

    init() throws {
        fixture = try BrokerFixture()
        segment = Self.begin(fixture)
    }

    private static func begin(_ fixture: BrokerFixture) -> BrokeredSegment {
        BrokeredSegment(name, as: fixture.broker.identity.credentials, record: fixture.disk.records[name])
    }

    var life: SegmentLifecycle { segment.lifecycle }

    func start() { send(.declared(declaration), .look) }

    func send(_ events: SegmentLifecycle.Event...) {
        for event in events { notes += fixture.broker.send(event, to: segment) }
    }

    /// Kill -9, and a new process on what the last one left.
    func restart() throws {
        try fixture.kill()
        segment = Self.begin(fixture)
        start()
    }

    func takeNotes() -> [SegmentLifecycle.Note] {
        defer { notes = [] }
        return notes
    }

    /// The broker's segments that are not marked for removal.
    var ours: [SegmentIdentifier: SegmentStatus] {
        fixture.kernel.segments.filter { $0.value.creatorUserID == 990 && !$0.value.isMarkedForRemoval }
    }

    var identifier: SegmentIdentifier? {
        if case .live(let live) = life.memory { live.identity.identifier } else { nil }
    }

    var record: SegmentRecord? { fixture.disk.records[Self.name] }

    /// Another user takes the key, if it is free.
    @discardableResult
    func squat() -> SegmentIdentifier? {
        fixture.kernel.acting(as: 1666) {
            try? fixture.kernel.get(Self.key, size: 8, flags: [.create, .exclusive], mode: .ownerReadWrite)
        }
    }

    func removeByRoot() throws {
        guard let identifier else { return }
        try fixture.kernel.acting(as: .root) { () throws(Errno) in try fixture.kernel.remove(identifier) }
    }
}
