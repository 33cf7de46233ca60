import Glibc

/// When a caller wants to wait no longer: a moment of CLOCK_MONOTONIC, or never.
package struct Deadline: Sendable {
    package static let never = Deadline(nil)

    /// A moment that no clock will show is none; in a duration from now on.
    private static let farthest = Duration.seconds(1 << 31)

    private let moment: ContinuousClock.Instant?

    package init(_ timeLimit: Duration?) {
        moment = timeLimit.flatMap { $0 < Self.farthest ? ContinuousClock.now + max(.zero, $0) : nil }
    }

    package var hasPassed: Bool { moment.map { $0 <= ContinuousClock.now } ?? false }

    var remaining: Duration { moment.map { max(.zero, $0 - .now) } ?? Self.farthest }

    /// What remains, for poll(2) and futex(2), rounded up; -1 is for ever.
    package var milliseconds: Int32 {
        guard moment != nil else { return -1 }
        return Int32(clamping: Int64(remaining / .milliseconds(1)) + 1)
    }
}

/// Longer and longer pauses between tries: 2 ms at first, 100 ms at last.
struct Backoff {
    private var pause = Duration.milliseconds(2)

    /// Sleeps, or until the deadline where that comes first: then it is false.
    mutating func pause(until deadline: Deadline) -> Bool {
        if wait(within: deadline) { return true }
        // A handled signal ends a sleep, not the wait.
        while !deadline.hasPassed {
            usleep(UInt32(clamping: Int64(deadline.remaining / .microseconds(1)) + 1))
        }
        return false
    }

    /// Sleeps, or returns false at once where the deadline comes first.
    mutating func wait(within deadline: Deadline) -> Bool {
        guard deadline.remaining > pause else { return false }
        usleep(UInt32(pause / .microseconds(1)))
        pause = min(pause * 2, .milliseconds(100))
        return true
    }
}
