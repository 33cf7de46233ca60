package import Glibc

/// When a caller wants to wait no longer: a moment of CLOCK_MONOTONIC, or never.
package struct Deadline: Sendable {
    package static let never = Deadline(nil)

    /// A moment that no clock will show is none; in a duration from now on.
    private static let farthest = Duration.seconds(Int32.max)

    private let moment: MonotonicTime?

    package init(_ timeLimit: Duration?) {
        moment = timeLimit.flatMap { $0 < Self.farthest ? .now + max(.zero, $0) : nil }
    }

    package var hasPassed: Bool { moment.map { $0 <= .now } ?? false }

    package var remaining: Duration { moment.map { max(.zero, $0 - .now) } ?? Self.farthest }

    /// What remains, for poll(2) and futex(2), rounded up; -1 is for ever.
    ///
    /// More than an Int32 holds is waited for in parts.
    package var milliseconds: Int32 {
        guard moment != nil else { return -1 }
        let remaining = remaining
        return remaining > .zero ? Int32(clamping: Int64(remaining / .milliseconds(1)) + 1) : 0
    }

    /// What remains, for sigtimedwait(2).
    package var timespec: timespec {
        let nanoseconds = remaining.nanoseconds
        return Glibc.timespec(
            tv_sec: Int(nanoseconds / 1_000_000_000),
            tv_nsec: Int(nanoseconds % 1_000_000_000)
        )
    }

    /// What remains, for SO_SNDTIMEO of socket(7), where nothing means for ever: a microsecond at least.
    package var timeval: timeval {
        let microseconds = max(1, remaining.nanoseconds / 1000)
        return Glibc.timeval(tv_sec: Int(microseconds / 1_000_000), tv_usec: Int(microseconds % 1_000_000))
    }

    /// Sleeps until it has passed: a handled signal ends usleep(3), not the wait.
    package func sleep() {
        while !hasPassed { Thread.sleep(remaining) }
    }
}
