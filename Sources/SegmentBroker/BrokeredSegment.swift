import SegmentModel
import SegmentRecords
import SystemVSharedMemory

/// Everything the broker knows of one name.
final class BrokeredSegment {
    /// Where the segment stands; changed by `Broker.send` alone.
    var lifecycle: SegmentLifecycle
    /// How it stood when others were last told; nil for a name that is new.
    var told: Standing?
    /// Of the live segment and of former memory, as `Broker.namesOfSegments` has them.
    var identifiers: Set<SegmentIdentifier> = []
    /// By number, which only grows.
    var leases: [UInt64: HeldLease] = [:]
    /// How many of them are on the present memory.
    var presentLeases = 0
    /// What is on disk.
    var record: SegmentRecord?
    /// What the kernel last said of the live segment, or of one that may become it.
    var observed: FoundSegment?
    /// What the kernel said when the segment came to rest with nothing left to do but to grant leases; nil otherwise.
    var settled: FoundSegment?
    /// A declaration that the start has not come to.
    var awaited: SegmentLifecycle.Declaration?
    /// How often the lines that clients cause may still be logged.
    var logAllowances: [LogKind: LogAllowance] = [:]

    init(_ name: SegmentName, as credentials: SegmentLifecycle.Credentials, record: SegmentRecord? = nil) {
        self.record = record
        lifecycle = SegmentLifecycle(
            name,
            as: credentials,
            record: record.map(SegmentLifecycle.Record.init)
        )
    }

    var name: SegmentName { lifecycle.name }
    var state: SegmentState { lifecycle.state }
    /// Nil once no file declares it any more.
    var definition: SegmentDefinition? { lifecycle.declaration?.definition ?? awaited?.definition }

    /// The segment in the kernel under its key.
    var live: SegmentLifecycle.Live? {
        if case .live(let live) = lifecycle.memory { live } else { nil }
    }

    /// Of the live segment and of former memory.
    var presentIdentifiers: Set<SegmentIdentifier> {
        var identifiers = Set(lifecycle.formerMemory.map(\.identity.identifier))
        if let live { identifiers.insert(live.identity.identifier) }
        return identifiers
    }

    /// What the kernel last said of the live segment.
    var status: SegmentStatus? {
        guard let observed, observed.identifier == live?.identity.identifier else { return nil }
        return observed.status
    }
}
