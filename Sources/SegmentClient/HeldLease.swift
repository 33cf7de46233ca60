import SegmentModel
import SystemVSharedMemory

/// A lease that this process holds, and what it was granted for.
struct HeldLease {
    /// Names the holding, not the lease: a lease taken again has another identifier.
    typealias Number = UInt64

    let name: SegmentName
    let access: Access
    let identity: SegmentIdentity
    /// Nil while the broker knows of no lease: after a restart, or when it granted none or for another segment.
    var lease: String?
    /// Why the lease could not be taken again.
    var refusal: BrokerError?

    init(_ grant: Grant) {
        name = grant.name
        access = grant.access
        identity = SegmentIdentity(grant)
        lease = grant.lease
    }
}

/// What tells one segment from every other in an IPC namespace.
struct SegmentIdentity: Equatable {
    var identifier: SegmentIdentifier
    var key: SegmentKey
    var creatorUserID: UInt32
    /// In bytes.
    var size: UInt64

    init(_ grant: Grant) {
        identifier = grant.identifier
        key = grant.key
        creatorUserID = grant.creatorUserID
        size = grant.size.bytes
    }

    init(_ identifier: SegmentIdentifier, _ status: SegmentStatus) {
        self.identifier = identifier
        key = status.key
        creatorUserID = status.creatorUserID
        size = status.size
    }
}
