import CLinux
import Glibc

/// How long a side that has to wait looks around before it sleeps, and how long it sleeps at a time.
enum Patience {
    /// A sleeper looks this often whether the other side's process lives, in milliseconds: told within 200 ms.
    static let sleep: Int32 = 100

    /// How often to look before going to sleep, since waking up costs more than many looks.
    ///
    /// On a single processor looking around only keeps the other side from running.
    static let looks = clinux_usable_processors() > 1 ? 2000 : 0

    /// CLOCK_MONOTONIC_COARSE in milliseconds: a few nanoseconds, and no system call.
    static func coarseMilliseconds() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}

/// When the caller wants to wait no longer.
struct Deadline {
    static let never = Deadline(nil)

    private let moment: ContinuousClock.Instant?

    init(_ timeLimit: Duration?) {
        moment = timeLimit.map { ContinuousClock.now + $0 }
    }

    var hasPassed: Bool { moment.map { $0 <= ContinuousClock.now } ?? false }

    /// Until then, rounded up.
    var milliseconds: Int32 {
        guard let moment else { return .max }
        return Int32(clamping: Int64(max(.zero, moment - .now) / .milliseconds(1)) + 1)
    }
}

/// What a look at the shared memory found.
enum Look<Found> {
    case found(Found)
    case notYet
    case failed(ExchangeError)
}

extension WaitingWord {
    /// Looks until there is something to see: first busily, then asleep; nil when a sleep is over without.
    func await<Found>(
        until deadline: Deadline = .never,
        _ look: () -> Look<Found>
    ) throws(ExchangeError) -> Found? {
        for _ in 0..<Patience.looks {
            if let found = try take(look()) { return found }
            clinux_spin_pause()
        }
        announce()
        defer { withdraw() }
        if let found = try take(look()) { return found }
        sleep(milliseconds: min(Patience.sleep, deadline.milliseconds))
        return try take(look())
    }

    private func take<Found>(_ look: Look<Found>) throws(ExchangeError) -> Found? {
        switch look {
        case .found(let found): return found
        case .notYet: return nil
        case .failed(let error): throw error
        }
    }
}
