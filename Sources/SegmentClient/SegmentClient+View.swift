import POSIX
import SegmentInterface
public import SegmentModel
import Varlink

extension SegmentClient {
    /// All that is known of one segment.
    ///
    /// Throws `refused(.noSuchSegment)` where there is none, and what keeps the broker from answering, see `SegmentClient`.
    public func describe(_ name: String) throws(SegmentClientError) -> SegmentDescription {
        try withLink { link, deadline throws(SegmentClientError) in
            let reply: DescribeReply = try link.call(.describe, DescribeParameters(name: name), deadline)
            return reply.segment
        }
    }

    /// Every segment, in order of name.
    ///
    /// Throws what keeps the broker from answering, see `SegmentClient`.
    public func list() throws(SegmentClientError) -> [SegmentDescription] {
        let replies = try open(.list)
        var segments: [SegmentDescription] = []
        while let reply: ListReply = try replies.next(Deadline(timeLimit)) {
            if let segment = reply.segment { segments.append(segment) }
        }
        return segments
    }

    /// The daemon and the kernel's limits.
    ///
    /// Throws what keeps the broker from answering, see `SegmentClient`.
    public func status() throws(SegmentClientError) -> DaemonStatus {
        try withLink { link, deadline throws(SegmentClientError) in
            try link.call(.getStatus, NoParameters(), deadline)
        }
    }

    /// Every segment as it is, event `current`, then `listed`, then each change as it happens.
    ///
    /// Throws what keeps the broker from answering now, see `SegmentClient`; later the events outlive a restart of the daemon.
    public func subscribe() throws(SegmentClientError) -> SegmentEvents {
        try SegmentEvents(address, Deadline(timeLimit))
    }

    /// Many replies have a connection of their own, so that other calls need not wait for their end.
    private func open(_ method: BrokerMethod) throws(SegmentClientError) -> Replies {
        let deadline = Deadline(timeLimit)
        return try Replies(try address.connect(deadline), method, deadline)
    }
}
