import ArgumentParser
import Segments
import SegmentExchange
import SystemPackage

/// The exit statuses of segmentctl, for scripts; of several, the highest wins.
enum ExitStatus: Int32, Error, Comparable {
    case done = 0
    case failed = 1
    case usage = 2
    case notReady = 3
    case noSuchSegment = 4
    case notPermitted = 5
    case inUse = 6
    case unreachable = 7
    case configurationInvalid = 8

    static func < (left: ExitStatus, right: ExitStatus) -> Bool { left.rawValue < right.rawValue }

    init(_ error: any Error) {
        self =
            switch error {
            case let error as SegmentClientError: ExitStatus(error)
            case let failure as ExchangeFailure: ExitStatus(failure.error)
            case is Failure, is Errno: .failed
            case is NotInKernel: .notReady
            case let status as ExitStatus: status
            default: Segmentctl.exitCode(for: error) == .success ? .done : .usage
            }
    }

    private init(_ error: SegmentClientError) {
        self =
            switch error.reason {
            case .refused(let refusal): ExitStatus(refusal)
            case .unreachable(_, let errno) where Self.isOurs(errno): .failed
            case .unreachable, .untrusted, .timedOut, .disconnected, .outcomeUnknown: .unreachable
            case .systemCall(_, .permissionDenied): .notPermitted
            case .refusedOtherwise, .protocolViolation, .ipcNamespaceMismatch, .segmentMismatch, .systemCall:
                .failed
            }
    }

    /// Returns whether connecting failed because this process or host lacks a resource, which says nothing
    /// about the daemon.
    private static func isOurs(_ errno: Errno) -> Bool {
        [.tooManyOpenFiles, .tooManyOpenFilesInSystem, .noMemory, .noBufferSpace].contains(errno)
    }

    private init(_ error: ExchangeError) {
        self =
            switch error.reason {
            case .sideInUse: .inUse
            case .segmentTooSmall, .readOnly, .unrecognizedLayout, .valueSizeMismatch, .peerNotVisible,
                .timedOut, .peerDied, .peerClosed, .corrupted, .segmentRemoved, .inherited, .overrun,
                .systemCall:
                .failed
            }
    }

    private init(_ refusal: BrokerError) {
        self =
            switch refusal {
            case .noSuchSegment: .noSuchSegment
            case .accessDenied, .permissionDenied: .notPermitted
            case .segmentBlocked, .segmentRemoving: .notReady
            case .segmentInUse: .inUse
            case .configurationInvalid: .configurationInvalid
            case .noSuchLease, .limitReached: .failed
            }
    }
}

/// A stream that ended with an error.
struct ExchangeFailure: Error, CustomStringConvertible {
    let segment: String
    let error: ExchangeError

    var description: String { "segment \(segment): \(error)" }
}

/// A local failure, described for the user.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
