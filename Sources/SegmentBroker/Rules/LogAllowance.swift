import SegmentModel

/// Rate limit for a log line that clients can cause: ten at once, then four a minute.
///
/// Without it, a client that acquires and releases a lease in a loop fills the journal, which then drops
/// other lines.
struct LogAllowance: Equatable, Sendable {
    static let burst = 10
    static let interval = Duration.seconds(15)

    /// When the full burst is available again, on the caller's clock.
    private var restored = Duration.zero
    private var leftOut = 0

    var hasLeftOut: Bool { leftOut > 0 }

    /// Returns how many lines were left out since the last one if a line may be logged now; nil if this one
    /// is left out too.
    mutating func pass(at now: Duration) -> Int? {
        let start = max(restored, now)
        guard start - now <= Self.interval * (Self.burst - 1) else {
            leftOut += 1
            return nil
        }
        restored = start + Self.interval
        defer { leftOut = 0 }
        return leftOut
    }
}

extension LoggedEvent {
    /// Whether clients can cause the event as often as they like, for a segment with this `keep`.
    ///
    /// Actions of administrators and other programs, and findings of checks, are always logged.
    func isCausedByClients(_ keep: KeepDeclaration?) -> Bool {
        switch self {
        case .created, .removed:
            // Other segments are created and removed only at an administrator's request.
            if case .whileUsed = keep { true } else { false }
        case .adopted, .blocked, .keyMoved: true
        case .replaced, .repaired, .drifted, .draining, .removedByOther, .twoAlive: false
        case .hostWarned, .hostRecovered, .socketGone, .recordSetAside: false
        case .started, .stopped, .reloaded, .configurationRefused: false
        }
    }
}
