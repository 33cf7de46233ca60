import SegmentModel
import SegmentRecords
import SystemVSharedMemory

/// Everything the broker knows of one name.
final class BrokeredSegment {
    /// Where the segment stands; changed in Broker+Send alone.
    var lifecycle: SegmentLifecycle
    /// Nobody has been told of the name yet.
    var isNew = true
    /// By number, which only grows.
    var leases: [UInt64: HeldLease] = [:]
    /// Counts the memories that the name has had.
    var generation: UInt64 = 0
    /// How many of them are on the present memory.
    var presentLeases = 0
    /// As recorded; CLOCK_REALTIME, in µs.
    var created: Int64?
    /// What the kernel last said of the live segment, or of one that may become it.
    var observed: FoundSegment?
    /// When the broker attached it, in seconds of CLOCK_REALTIME: what the kernel tells until then is not of clients.
    var ownAttach = Int64.max
    /// When somebody else had made another user its owner, and until when that is told.
    var ownerChange: (problem: SegmentProblem, end: Duration)?
    /// Nothing is left to do but to grant leases, until the kernel says something else than `observed`.
    var isSettled = false
    /// A declaration that the start has not come to.
    var awaited: AwaitedDeclaration?
    /// How often the lines that clients cause may still be logged.
    var logAllowances: [LogKind: LogAllowance] = [:]

    init(_ name: SegmentName, as credentials: SegmentLifecycle.Credentials, record: SegmentRecord? = nil) {
        created = record?.segment?.created
        lifecycle = SegmentLifecycle(
            name,
            as: credentials,
            record: record.map(SegmentLifecycle.Record.init)
        )
    }

    var name: SegmentName { lifecycle.name }
    var state: SegmentLifecycle.State { lifecycle.state }
    /// Nil once no file declares it any more.
    var definition: SegmentDefinition? {
        lifecycle.declaration?.definition ?? awaited?.definition
    }

    /// The segment in the kernel under its key.
    var live: SegmentLifecycle.Live? {
        if case .live(let live) = lifecycle.memory { live } else { nil }
    }

    /// What the kernel says of a segment with which nothing is to be done; nil otherwise.
    var settled: FoundSegment? { isSettled ? observed : nil }

    /// What the kernel last said of the live segment.
    var status: SegmentStatus? {
        guard let observed, observed.identifier == live?.identity.identifier else { return nil }
        return observed.status
    }
}

/// What a start is yet to declare, in a box that is gone after it.
final class AwaitedDeclaration {
    let definition: SegmentDefinition
    /// With its group and a key of its own; nil until these are known.
    var placed: SegmentLifecycle.Declaration?

    init(_ definition: SegmentDefinition) { self.definition = definition }
}
