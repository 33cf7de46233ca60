package import Glibc

/// The end of a wait: a time of CLOCK_MONOTONIC, or never.
package struct Deadline: Sendable {
    package static let never = Deadline(nil)

    /// A time limit of this or more means never.
    private static let farthest = Duration.seconds(Int32.max)

    private let moment: MonotonicTime?

    package init(_ timeLimit: Duration?) {
        moment = timeLimit.flatMap { $0 < Self.farthest ? .now + max(.zero, $0) : nil }
    }

    package var hasPassed: Bool { moment.map { $0 <= .now } ?? false }

    package var remaining: Duration { moment.map { max(.zero, $0 - .now) } ?? Self.farthest }

    /// The remaining time for poll(2) and futex(2), rounded up; -1 means forever.
    ///
    /// A time that does not fit in an Int32 must be waited for in parts.
    package var milliseconds: Int32 {
        guard moment != nil else { return -1 }
        let remaining = remaining
        return remaining > .zero ? Int32(clamping: Int64(remaining / .milliseconds(1)) + 1) : 0
    }

    /// The remaining time for sigtimedwait(2).
    package var timespec: timespec {
        let nanoseconds = remaining.nanoseconds
        return Glibc.timespec(
            tv_sec: Int(nanoseconds / 1_000_000_000),
            tv_nsec: Int(nanoseconds % 1_000_000_000)
        )
    }

    /// The remaining time for SO_SNDTIMEO of socket(7): at least a microsecond, since zero would mean
    /// forever.
    package var timeval: timeval {
        let microseconds = max(1, remaining.nanoseconds / 1000)
        return Glibc.timeval(tv_sec: Int(microseconds / 1_000_000), tv_usec: Int(microseconds % 1_000_000))
    }

    /// Sleeps until the deadline has passed, even if a handled signal interrupts usleep(3).
    package func sleep() {
        while !hasPassed { Thread.sleep(remaining) }
    }
}
