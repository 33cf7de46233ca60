import Glibc
package import SegmentModel
import SystemVSharedMemory

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
        process = getpid()
    }

    /// The lease is the parent's, so that the child of a fork(2) does not give it back.
    deinit {
        if process == getpid() { client.end(number) }
    }

    /// Whether the name still means the segment of this lease; takes the lease again if the daemon was restarted.
    package func isCurrent() throws(SegmentClientError) -> Bool {
        try client.isCurrent(number)
    }
}
