import CLinux

/// How long a side that has to wait looks around before it sleeps.
enum Patience {
    /// How often to look before going to sleep, since waking up costs more than many looks.
    ///
    /// On a single processor looking around only keeps the other side from running.
    static let looks = clinux_usable_processors() > 1 ? 2000 : 0
}

/// When the caller wants to wait no longer.
struct Deadline {
    static let never = Deadline(nil)

    private let moment: ContinuousClock.Instant?

    init(_ timeLimit: Duration?) {
        // A moment that no clock will show is none.
        moment = timeLimit.flatMap { $0 < .seconds(1 << 31) ? ContinuousClock.now + max(.zero, $0) : nil }
    }

    var hasPassed: Bool { moment.map { $0 <= ContinuousClock.now } ?? false }

    /// Until then, rounded up; -1 is for ever.
    var milliseconds: Int32 {
        guard let moment else { return -1 }
        return Int32(clamping: Int64(max(.zero, moment - .now) / .milliseconds(1)) + 1)
    }
}
