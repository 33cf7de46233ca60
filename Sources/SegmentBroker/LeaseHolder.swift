import SystemVSharedMemory
package import SegmentModel

/// One connection, as the broker sees it: who is there, and the leases that end with it.
package final class LeaseHolder {
    package var client: Client
    var leases: [UInt64: BrokeredSegment] = [:]
    /// What is left of the leases to end, the oldest last, since the connection is gone.
    private var ending: [UInt64] = []

    package init(_ client: Client) {
        self.client = client
    }

    package var leaseCount: Int { leases.count }

    func removeOldest() -> (number: UInt64, segment: BrokeredSegment)? {
        while !leases.isEmpty {
            if ending.isEmpty { ending = leases.keys.sorted(by: >) }
            if let number = ending.popLast(), let segment = leases.removeValue(forKey: number) {
                return (number, segment)
            }
        }
        return nil
    }
}

/// A lease as the broker keeps it; a `Lease` is made of it when somebody asks.
struct HeldLease {
    var access: Access
    /// Of the holder, which knows its segments: these do not know it.
    var processID: Int32
    var userID: UInt32
    /// The segment that it was granted for.
    var identifier: SegmentIdentifier
    /// The kernel uses identifiers again.
    var generation: UInt64
    /// CLOCK_REALTIME, in µs.
    var since: Int64

    func described(_ number: UInt64) -> Lease {
        Lease(
            identifier: String(number),
            access: access,
            processID: processID,
            userID: userID,
            sinceMicroseconds: since,
            segment: identifier
        )
    }
}
