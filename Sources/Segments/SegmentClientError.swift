import POSIX
import PrintableText
package import SegmentModel
public import SystemPackage
import Varlink

/// Why the broker or the kernel did not do what a program asked for.
///
/// `code` says what went wrong, and the description tells a person what to do about it:
///
/// ```swift
/// do {
///     let segment = try client.attach("telemetry")
///     print("\(segment.byteCount) bytes")
/// } catch {
///     switch error.code {
///     case .noSuchSegment: print("declare telemetry first")
///     case .segmentBlocked: print(error.problem?.remedy ?? "")
///     default: print(error)
///     }
/// }
/// ```
public struct SegmentClientError: Error, Equatable, Sendable {
    package let reason: Reason

    package init(reason: Reason) {
        self.reason = reason
    }

    /// Every reason with its facts; closed, so that the package's own programs think of each.
    package enum Reason: Equatable, Sendable {
        case unreachable(socket: String, Errno)
        case untrusted(socket: String, userID: UInt32, Distrust)
        case timedOut
        case disconnected
        /// `method` by its qualified name.
        case outcomeUnknown(method: String)
        case protocolViolation(String)
        case refused(BrokerError)
        /// An error of the interface that this version does not know, by its qualified name.
        case refusedOtherwise(String)
        case ipcNamespaceMismatch(broker: UInt64, own: UInt64)
        case segmentMismatch(name: SegmentName, SegmentIdentifier)
        /// `call` by its name in section 2 of the manual.
        case systemCall(String, Errno)
    }
}

extension SegmentClientError {
    /// The sort of an error.
    ///
    /// Later versions may add codes: give every switch a default.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The code's name.
        public let description: String

        private init(_ description: String) {
            self.description = description
        }

        /// No broker accepts connections; `errno` is that of connect(2): ENOENT, ECONNREFUSED, EACCES and so on.
        public static let unreachable = Code("unreachable")
        /// The process that listens belongs neither to root, nor to the caller, nor to a trusted user.
        public static let untrusted = Code("untrusted")
        /// The broker did not answer within the client's timeout.
        public static let timedOut = Code("timedOut")
        /// The broker closed the connection.
        public static let disconnected = Code("disconnected")
        /// The broker closed the connection before it answered; the request may or may not have been carried out.
        public static let outcomeUnknown = Code("outcomeUnknown")
        /// The broker's answer breaks the interface.
        public static let protocolViolation = Code("protocolViolation")
        /// The broker runs in another IPC namespace: its segments cannot be attached here.
        public static let ipcNamespaceMismatch = Code("ipcNamespaceMismatch")
        /// The kernel shows a segment that is not the one the broker described.
        public static let segmentMismatch = Code("segmentMismatch")
        /// A system call failed, with `errno`.
        public static let systemCall = Code("systemCall")

        /// No segment has this name.
        public static let noSuchSegment = Code("noSuchSegment")
        /// The segment's mode does not grant the caller this access.
        public static let accessDenied = Code("accessDenied")
        /// The segment is declared but cannot be created; `problem` says why.
        public static let segmentBlocked = Code("segmentBlocked")
        /// The segment is being removed, and grants no new leases.
        public static let segmentBeingRemoved = Code("segmentBeingRemoved")
        /// Clients hold a lease on the segment or have it attached; `leases` has those that the caller may see.
        public static let segmentInUse = Code("segmentInUse")
        /// The user has reached a limit of the daemon.
        public static let limitReached = Code("limitReached")
        /// The configuration has errors, and none of it is in force; `configurationProblems` has them all.
        public static let configurationInvalid = Code("configurationInvalid")
        /// The request is reserved for administrators.
        public static let permissionDenied = Code("permissionDenied")
        /// The broker refused for another reason, which a newer daemon may have.
        public static let refused = Code("refused")
    }

    /// What went wrong.
    public var code: Code {
        switch reason {
        case .unreachable: .unreachable
        case .untrusted: .untrusted
        case .timedOut: .timedOut
        case .disconnected: .disconnected
        case .outcomeUnknown: .outcomeUnknown
        case .protocolViolation: .protocolViolation
        case .ipcNamespaceMismatch: .ipcNamespaceMismatch
        case .segmentMismatch: .segmentMismatch
        case .systemCall: .systemCall
        case .refusedOtherwise: .refused
        case .refused(let error):
            switch error {
            case .noSuchSegment: .noSuchSegment
            case .accessDenied: .accessDenied
            case .segmentBlocked: .segmentBlocked
            case .segmentRemoving: .segmentBeingRemoved
            case .segmentInUse: .segmentInUse
            case .limitReached: .limitReached
            case .configurationInvalid: .configurationInvalid
            case .permissionDenied: .permissionDenied
            case .noSuchLease: .refused
            }
        }
    }

    /// The errno of `unreachable` and `systemCall`; nil for other codes.
    public var errno: Errno? {
        switch reason {
        case .unreachable(_, let errno), .systemCall(_, let errno): errno
        default: nil
        }
    }

    /// The problem of `segmentBlocked`; nil for other codes.
    public var problem: SegmentProblem? {
        if case .refused(.segmentBlocked(_, let problem)) = reason { problem } else { nil }
    }

    /// The leases of `segmentInUse` that the caller may see; empty for other codes.
    public var leases: [Lease] {
        if case .refused(.segmentInUse(_, _, let leases)) = reason { leases } else { [] }
    }

    /// The problems of `configurationInvalid`; empty for other codes.
    public var configurationProblems: [ConfigurationProblem] {
        if case .refused(.configurationInvalid(let problems)) = reason { problems } else { [] }
    }
}

extension SegmentClientError {
    package static let timedOut = SegmentClientError(reason: .timedOut)
    package static let disconnected = SegmentClientError(reason: .disconnected)

    package static func unreachable(socket: String, _ errno: Errno) -> SegmentClientError {
        SegmentClientError(reason: .unreachable(socket: socket, errno))
    }

    package static func untrusted(
        _ socket: String,
        _ userID: UInt32,
        _ distrust: Distrust
    ) -> SegmentClientError {
        SegmentClientError(reason: .untrusted(socket: socket, userID: userID, distrust))
    }

    package static func protocolViolation(_ violation: String) -> SegmentClientError {
        SegmentClientError(reason: .protocolViolation(violation))
    }

    package static func refused(_ error: BrokerError) -> SegmentClientError {
        SegmentClientError(reason: .refused(error))
    }

    package static func systemCall(_ call: String, _ errno: Errno) -> SegmentClientError {
        SegmentClientError(reason: .systemCall(call, errno))
    }

    init(_ error: ConnectionError) {
        self =
            switch error {
            case .cannotConnect(let path, let errno): .unreachable(socket: path, Errno(rawValue: errno))
            case .closed: .disconnected
            case .timedOut: .timedOut
            case .protocolViolation(let violation): .protocolViolation(violation)
            case .failed(let call, let errno): .systemCall(call, Errno(rawValue: errno))
            }
    }

    /// Whether the broker refused, rather than failed to answer.
    package var isRefusal: Bool {
        switch reason {
        case .refused, .refusedOtherwise: true
        default: false
        }
    }
}

extension SegmentClientError: CustomStringConvertible {
    /// What happened and what to do about it: one line, safe to print to a terminal.
    public var description: String { text.printable }

    private var text: String {
        switch reason {
        case .unreachable(let socket, let errno):
            SystemCallText(.init(ofThisProcessAnd: socket)).unreachable(socket, errno)
        case .untrusted(let socket, let userID, let distrust):
            distrust.text(socket: socket, userID: userID, ownUserID: ThisProcess.effectiveUserID)
        case .timedOut: "the broker did not answer in time"
        case .disconnected: "the broker closed the connection"
        case .outcomeUnknown(let method):
            "the broker closed the connection before it answered \(method), which may or may not have been carried out; "
                + "check before asking again"
        case .protocolViolation(let violation): violation
        case .refused(let error): error.description
        case .refusedOtherwise(let name): "the broker answers \(name)"
        case .ipcNamespaceMismatch(let broker, let own):
            "the broker's segments are in IPC namespace \(broker), but this process is in \(own): they cannot be attached"
        case .segmentMismatch(let name, let identifier):
            "the kernel shows a segment with identifier \(identifier) that is not the one the broker described for \(name)"
        case .systemCall(let call, let errno):
            SystemCallText(.init(ofThisProcessAnd: nil)).failed(call, errno)
        }
    }
}
