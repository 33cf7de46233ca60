import SystemVSharedMemory
package import SegmentModel

/// A connection's client and the leases that end with the connection.
package final class LeaseHolder {
    package var client: Client
    var leases: [UInt64: BrokeredSegment] = [:]
    /// The remaining leases of a closed connection, oldest last.
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

/// A lease as the broker stores it, converted to a `Lease` on demand.
struct HeldLease {
    var access: Access
    /// The client's process; stored because a lease does not refer to its holder.
    var processID: Int32
    var userID: UInt32
    /// The identifier of the segment that it was granted for.
    var identifier: SegmentIdentifier
    /// Distinguishes segments with the same identifier, which the kernel reuses.
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
