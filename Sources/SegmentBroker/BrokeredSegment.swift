import SegmentModel
import SegmentRecords
import SystemVSharedMemory

/// Everything the broker knows about one name.
final class BrokeredSegment {
    /// The lifecycle; changed only in Broker+Send.
    var lifecycle: SegmentLifecycle
    /// Whether nothing has been published about the name yet.
    var isNew = true
    /// Leases by number; numbers only grow.
    var leases: [UInt64: HeldLease] = [:]
    /// The number of memories that the name has had.
    var generation: UInt64 = 0
    /// The number of leases on the present memory.
    var presentLeases = 0
    /// The recorded creation time: CLOCK_REALTIME, in µs.
    var created: Int64?
    /// The last status of the live segment, or of one that may become it.
    var observed: FoundSegment?
    /// When the broker attached it, in seconds of CLOCK_REALTIME: attach and detach times up to then are not
    /// the clients'.
    var ownAttach = Int64.max
    /// The hint about an owner set by another program, and how long it is shown.
    var ownerChange: (problem: SegmentProblem, end: Duration)?
    /// Whether only leases need granting until the kernel's status differs from `observed`.
    var isSettled = false
    /// A declaration that the start has not reached yet.
    var awaited: AwaitedDeclaration?
    /// Rate limits for log lines that clients cause.
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
    /// Nil if no longer declared.
    var definition: SegmentDefinition? {
        lifecycle.declaration?.definition ?? awaited?.definition
    }

    /// The segment in the kernel under its key.
    var live: SegmentLifecycle.Live? {
        if case .live(let live) = lifecycle.memory { live } else { nil }
    }

    /// The status of a settled segment; nil otherwise.
    var settled: FoundSegment? { isSettled ? observed : nil }

    /// The last status of the live segment.
    var status: SegmentStatus? {
        guard let observed, observed.identifier == live?.identity.identifier else { return nil }
        return observed.status
    }
}

/// A declaration that a start is yet to apply, in an object that is freed afterwards.
final class AwaitedDeclaration {
    let definition: SegmentDefinition
    /// The declaration with its group and an assigned key; nil until known.
    var placed: SegmentLifecycle.Declaration?

    init(_ definition: SegmentDefinition) { self.definition = definition }
}
