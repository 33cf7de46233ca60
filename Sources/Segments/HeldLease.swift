import POSIX
package import SegmentModel
import SystemVSharedMemory

/// A lease that this process holds, and the segment it was granted for.
struct HeldLease {
    /// Numbers the holding, not the lease: a lease that is taken again has another identifier.
    typealias Number = UInt64

    let name: SegmentName
    let access: Access
    let identity: SegmentIdentity
    /// The lease's identifier; nil after a restart of the daemon, until it grants the same segment again.
    var lease: String?
    /// Why the broker did not grant the lease again.
    var refusal: SegmentClientError?

    init(_ grant: Grant) {
        name = grant.name
        access = grant.access
        identity = SegmentIdentity(grant)
        lease = grant.lease
    }
}

/// The facts that tell one segment from every other in an IPC namespace.
struct SegmentIdentity: Equatable {
    var identifier: SegmentIdentifier
    var key: SegmentKey
    var creatorUserID: UInt32
    /// The size in bytes.
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

/// A lease without the segment's memory; given back when the object is destroyed.
package final class SegmentLease: Sendable {
    package let grant: Grant
    private let number: HeldLease.Number
    private let client: SegmentClient
    private let process: Int32

    init(_ grant: Grant, _ number: HeldLease.Number, of client: SegmentClient) {
        self.grant = grant
        self.number = number
        self.client = client
        process = ThisProcess.id
    }

    /// A child of fork(2) does not give the lease back: it is the parent's.
    deinit {
        if process == ThisProcess.id { client.end(number) }
    }

    /// Whether the name still means the segment of this lease; takes the lease again if the daemon restarted.
    package func isCurrent() throws(SegmentClientError) -> Bool {
        try client.isCurrent(number)
    }
}
