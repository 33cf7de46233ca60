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
            switch error {
            case .refused(let refusal): ExitStatus(refusal)
            case .unreachable(_, let errno) where Self.isOurs(errno): .failed
            case .unreachable, .untrusted, .timedOut, .disconnected, .outcomeUnknown: .unreachable
            case .failed(_, let errno) where Errno(rawValue: errno) == .permissionDenied: .notPermitted
            case .protocolViolation, .otherNamespace, .identityDiffers, .failed: .failed
            }
    }

    /// Returns whether connecting failed because this process or host lacks a resource, which says nothing
    /// about the daemon.
    private static func isOurs(_ errno: Int32) -> Bool {
        [.tooManyOpenFiles, .tooManyOpenFilesInSystem, .noMemory, .noBufferSpace].contains(
            Errno(rawValue: errno)
        )
    }

    private init(_ error: ExchangeError) {
        self =
            switch error {
            case .taken: .inUse
            case .segmentTooSmall, .readOnly, .otherContents, .otherValueSize, .cannotBeWatched, .timedOut,
                .peerDied, .peerClosed, .corrupted, .segmentRemoved, .inherited, .overrun,
                .failed:
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
