import POSIX
package import SegmentModel
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

/// A lease on a segment without its memory; given back when this value ends.
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

    /// The lease is the parent's, so that the child of a fork(2) does not give it back.
    deinit {
        if process == ThisProcess.id { client.end(number) }
    }

    /// Whether the name still means the segment of this lease; takes the lease again if the daemon was restarted.
    package func isCurrent() throws(SegmentClientError) -> Bool {
        try client.isCurrent(number)
    }
}
