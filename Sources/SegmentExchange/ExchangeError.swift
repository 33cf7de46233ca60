import SystemPackage

/// Why bytes or values could not be exchanged through a segment.
public enum ExchangeError: Error, Equatable, Sendable {
    /// The segment has fewer bytes than the header and what is to be exchanged need.
    case segmentTooSmall(size: Int, minimum: Int)
    /// The segment is attached for reading alone.
    case readOnly
    /// The memory is used for something else, or by another version of the format: its first eight bytes.
    case otherContents(found: UInt64)
    /// The segment has values of another size than this program's; in bytes.
    case otherValueSize(found: Int, own: Int)
    /// Another process, which is alive, has this side of the exchange.
    case taken(processID: Int32)
    /// A process cannot be watched: it is in another PID or time namespace, or hidden in `/proc`.
    ///
    /// It may have ended, which cannot be seen either.
    case cannotBeWatched(processID: Int32)
    /// Nobody came to the other side within the time limit.
    case timedOut
    /// The other side's process has ended in the middle of the stream.
    case peerDied(processID: Int32)
    /// The other side has let go in the middle of the stream.
    case peerClosed
    /// The other side says of its position what cannot be true: what the segment carries is spoilt.
    case corrupted
    /// The segment has been removed: nobody else will come to this memory.
    case segmentRemoved
    /// Another process, of which this one is a child by fork(2), has opened this side.
    case inherited
    /// The writer of a newest value leaves no time to copy one: each is written over meanwhile.
    case overrun
    /// A system call failed.
    case failed(call: String, errno: Int32)
}

extension ExchangeError: CustomStringConvertible {
    /// One line for people.
    public var description: String {
        switch self {
        case .segmentTooSmall(let size, let minimum):
            "the segment has \(size) byte\(size == 1 ? "" : "s"), and at least \(minimum) are needed"
        case .readOnly:
            "the segment is attached for reading alone: both sides of a stream write their positions"
        case .otherContents(let found):
            "the segment's memory is in use for something else (it begins with 0x\(String(found, radix: 16))); "
                + "if nobody needs that, `segmentctl remove` gives an empty one"
        case .otherValueSize(let found, let own):
            "the segment has values of \(found) byte\(found == 1 ? "" : "s"), not \(own); `segmentctl remove` gives an empty one"
        case .taken(let processID): "process \(processID) has this side already"
        case .cannotBeWatched(let processID):
            "process \(processID), which has a side, cannot be watched from here: it is in another PID or time namespace, "
                + "or hidden in /proc; if it has ended, `segmentctl remove` gives an empty segment"
        case .timedOut: "nobody came to the other side in time, or the stream before did not end"
        case .peerDied(let processID): "process \(processID) ended in the middle of the stream"
        case .peerClosed: "the other side let go in the middle of the stream"
        case .corrupted: "the other side's position cannot be true: what the segment carries is spoilt"
        case .segmentRemoved: "the segment was removed"
        case .inherited: "another process has opened this side, of which this one is a child by fork(2)"
        case .overrun: "values are published faster than they can be copied"
        case .failed(let call, let errno): "\(call) failed: \(Errno(rawValue: errno))"
        }
    }
}
