import SegmentModel

/// How often a line may be logged that clients can cause: ten at once, then four a minute.
///
/// Without it one client that takes and returns a lease fills the journal, which then drops what matters.
struct LogAllowance: Equatable, Sendable {
    static let burst = 10
    static let interval = Duration.seconds(15)

    /// When the whole burst is allowed again, on the caller's clock.
    private var restored = Duration.zero
    private var leftOut = 0

    var hasLeftOut: Bool { leftOut > 0 }

    /// Whether a line may be logged now: with how many were left out since the last; nil if it is left out, too.
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
    /// Whether clients can cause it as often as they like, with what they may do to a segment that is kept so.
    ///
    /// What an administrator or a stranger did, or what was found at a check, is always logged.
    func isCausedByClients(_ keep: KeepDeclaration?) -> Bool {
        switch self {
        case .created, .removed:
            // Others come and go only by an administrator's order.
            if case .whileUsed = keep { true } else { false }
        case .adopted, .blocked, .keyMoved: true
        case .replaced, .repaired, .drifted, .draining, .removedByOther, .twoAlive: false
        case .hostWarned, .hostRecovered, .socketGone, .recordSetAside: false
        case .started, .stopped, .reloaded, .configurationRefused: false
        }
    }
}
