import SystemVSharedMemory
package import SegmentModel

/// One connection, as the broker sees it: who is there, and the leases that end with it.
package final class LeaseHolder {
    package let client: Client
    var leases: [UInt64: BrokeredSegment] = [:]

    package init(_ client: Client) {
        self.client = client
    }
}

/// A lease as the broker keeps it; a `Lease` is made of it when somebody asks.
struct HeldLease {
    var access: Access
    var holder: LeaseHolder
    /// CLOCK_REALTIME, in µs.
    var since: Int64

    func described(_ number: UInt64) -> Lease {
        Lease(
            identifier: String(number),
            access: access,
            processID: holder.client.processID,
            userID: holder.client.userID,
            since: since
        )
    }
}
