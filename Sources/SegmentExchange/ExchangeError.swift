public import SystemPackage

/// Why bytes or values could not be exchanged through a segment.
///
/// `code` says what went wrong, and the description tells a person what to do about it:
///
/// ```swift
/// do {
///     var reader = try SegmentStreamReader.open(segment, timeout: .seconds(10))
///     print("\(try reader.copy(to: .standardOutput)) bytes")
/// } catch {
///     switch error.code {
///     case .timedOut: print("nobody sends")
///     case .peerDied: print("process \(error.peerProcessID ?? 0) died")
///     default: print(error)
///     }
/// }
/// ```
public struct ExchangeError: Error, Equatable, Sendable {
    package let reason: Reason

    private init(_ reason: Reason) {
        self.reason = reason
    }

    /// Every reason with its facts; closed, so that the package's own programs think of each.
    package enum Reason: Equatable, Sendable {
        case segmentTooSmall(size: Int, minimum: Int)
        case readOnly
        case unrecognizedLayout(found: UInt64)
        /// Sizes in bytes.
        case valueSizeMismatch(found: Int, own: Int)
        case sideInUse(processID: Int32)
        case peerNotVisible(processID: Int32)
        case timedOut
        case peerDied(processID: Int32)
        case peerClosed
        case corrupted
        case segmentRemoved
        case inherited
        case overrun
        /// `call` by its name in section 2 or 3 of the manual.
        case systemCall(String, Errno)
    }
}

extension ExchangeError {
    /// The sort of an error.
    ///
    /// Later versions may add codes: give every switch a default.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The code's name.
        public let description: String

        private init(_ description: String) {
            self.description = description
        }

        /// The segment is smaller than the header and the data need.
        public static let segmentTooSmall = Code("segmentTooSmall")
        /// The segment is attached read-only.
        public static let readOnly = Code("readOnly")
        /// The memory is in use for something else, or for another version of the format.
        public static let unrecognizedLayout = Code("unrecognizedLayout")
        /// The segment carries values of another size than this program's.
        public static let valueSizeMismatch = Code("valueSizeMismatch")
        /// Another living process has this side; `peerProcessID` is that process.
        public static let sideInUse = Code("sideInUse")
        /// A process cannot be watched: it is in another PID or time namespace, or hidden in `/proc`.
        ///
        /// Whether it has ended cannot be seen either.
        public static let peerNotVisible = Code("peerNotVisible")
        /// The other side did not come, or did not read everything, within the timeout.
        public static let timedOut = Code("timedOut")
        /// The other side's process ended in the middle of the stream.
        public static let peerDied = Code("peerDied")
        /// The other side let go in the middle of the stream.
        public static let peerClosed = Code("peerClosed")
        /// The other side's words in memory are impossible: something has overwritten them.
        public static let corrupted = Code("corrupted")
        /// The segment was removed, so nobody else can come to its memory.
        public static let segmentRemoved = Code("segmentRemoved")
        /// Another process, of which this one is a child by fork(2), opened this side.
        public static let inherited = Code("inherited")
        /// Values are published faster than one can be copied.
        public static let overrun = Code("overrun")
        /// A system call failed, with `errno`.
        public static let systemCall = Code("systemCall")
    }

    /// What went wrong.
    public var code: Code {
        switch reason {
        case .segmentTooSmall: .segmentTooSmall
        case .readOnly: .readOnly
        case .unrecognizedLayout: .unrecognizedLayout
        case .valueSizeMismatch: .valueSizeMismatch
        case .sideInUse: .sideInUse
        case .peerNotVisible: .peerNotVisible
        case .timedOut: .timedOut
        case .peerDied: .peerDied
        case .peerClosed: .peerClosed
        case .corrupted: .corrupted
        case .segmentRemoved: .segmentRemoved
        case .inherited: .inherited
        case .overrun: .overrun
        case .systemCall: .systemCall
        }
    }

    /// The process of `sideInUse`, `peerNotVisible` and `peerDied`; nil for other codes.
    public var peerProcessID: Int32? {
        switch reason {
        case .sideInUse(let processID), .peerNotVisible(let processID), .peerDied(let processID): processID
        default: nil
        }
    }

    /// The errno of `systemCall`; nil for other codes.
    public var errno: Errno? {
        if case .systemCall(_, let errno) = reason { errno } else { nil }
    }
}

extension ExchangeError {
    package static let readOnly = ExchangeError(.readOnly)
    @usableFromInline package static let timedOut = ExchangeError(.timedOut)
    package static let peerClosed = ExchangeError(.peerClosed)
    @usableFromInline package static let corrupted = ExchangeError(.corrupted)
    package static let segmentRemoved = ExchangeError(.segmentRemoved)
    package static let inherited = ExchangeError(.inherited)
    package static let overrun = ExchangeError(.overrun)

    package static func segmentTooSmall(size: Int, minimum: Int) -> ExchangeError {
        ExchangeError(.segmentTooSmall(size: size, minimum: minimum))
    }

    package static func unrecognizedLayout(found: UInt64) -> ExchangeError {
        ExchangeError(.unrecognizedLayout(found: found))
    }

    package static func valueSizeMismatch(found: Int, own: Int) -> ExchangeError {
        ExchangeError(.valueSizeMismatch(found: found, own: own))
    }

    package static func sideInUse(processID: Int32) -> ExchangeError {
        ExchangeError(.sideInUse(processID: processID))
    }

    package static func peerNotVisible(processID: Int32) -> ExchangeError {
        ExchangeError(.peerNotVisible(processID: processID))
    }

    package static func peerDied(processID: Int32) -> ExchangeError {
        ExchangeError(.peerDied(processID: processID))
    }

    package static func systemCall(_ call: String, _ errno: Errno) -> ExchangeError {
        ExchangeError(.systemCall(call, errno))
    }
}

extension ExchangeError: CustomStringConvertible {
    /// What happened and what to do about it, in one line.
    public var description: String {
        switch reason {
        case .segmentTooSmall(let size, let minimum):
            "the segment has \(size) byte\(size == 1 ? "" : "s"), and at least \(minimum) are needed"
        case .readOnly:
            "the segment is attached read-only, but both sides of a stream write to it"
        case .unrecognizedLayout(let found):
            "the segment's memory is in use for something else (it begins with 0x\(String(found, radix: 16))); "
                + "if that is no longer needed, `segmentctl remove` provides an empty one"
        case .valueSizeMismatch(let found, let own):
            "the segment carries values of \(found) byte\(found == 1 ? "" : "s"), not \(own); `segmentctl remove` provides an empty one"
        case .sideInUse(let processID): "process \(processID) has this side already"
        case .peerNotVisible(let processID):
            "process \(processID), which has a side, cannot be watched from here: it is in another PID or time namespace, "
                + "or hidden in /proc; if it has ended, `segmentctl remove` provides an empty segment"
        case .timedOut:
            "the other side did not come or did not read everything in time, or the previous stream has not ended"
        case .peerDied(let processID): "process \(processID) ended in the middle of the stream"
        case .peerClosed: "the other side closed in the middle of the stream"
        case .corrupted:
            "the other side's position is impossible: something has overwritten the segment's memory"
        case .segmentRemoved: "the segment was removed"
        case .inherited: "this side was opened by another process, of which this one is a child by fork(2)"
        case .overrun: "values are published faster than they can be copied"
        case .systemCall(let call, let errno): "\(call) failed: \(errno)"
        }
    }
}
