package import Glibc

/// The clocks of clock_gettime(2).
package enum KernelClock: clockid_t {
    /// For people; it may be set.
    case realtime = 0
    /// For deadlines; it stops while the machine sleeps.
    case monotonic = 1
    /// Time since boot, including sleep.
    case boottime = 7

    @inlinable
    package var nanoseconds: Int64 {
        var time = timespec()
        unsafe clock_gettime(rawValue, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }

    package var microseconds: Int64 { nanoseconds / 1000 }
}

/// A time of CLOCK_MONOTONIC, in nanoseconds.
package struct MonotonicTime: Comparable, Sendable {
    package var nanoseconds: Int64

    @inlinable
    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    @inlinable
    package static var distantPast: MonotonicTime { MonotonicTime(nanoseconds: .min) }
    @inlinable
    package static var distantFuture: MonotonicTime { MonotonicTime(nanoseconds: .max) }

    /// The kernel's current time.
    @inlinable
    package static var now: MonotonicTime { MonotonicTime(nanoseconds: KernelClock.monotonic.nanoseconds) }

    @inlinable
    package static func < (left: MonotonicTime, right: MonotonicTime) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// Adds a duration; saturates.
    @inlinable
    package static func + (time: MonotonicTime, duration: Duration) -> MonotonicTime {
        let (sum, overflow) = time.nanoseconds.addingReportingOverflow(duration.nanoseconds)
        return overflow ? (duration < .zero ? .distantPast : .distantFuture) : MonotonicTime(nanoseconds: sum)
    }

    /// Returns the duration between two times; saturates.
    @inlinable
    package static func - (left: MonotonicTime, right: MonotonicTime) -> Duration {
        let (difference, overflow) = left.nanoseconds.subtractingReportingOverflow(right.nanoseconds)
        return .nanoseconds(overflow ? (left < right ? .min : .max) : difference)
    }
}

extension Duration {
    /// The duration in nanoseconds; saturates.
    @inlinable
    package var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, more) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflow || more ? (seconds < 0 ? .min : .max) : sum
    }
}
