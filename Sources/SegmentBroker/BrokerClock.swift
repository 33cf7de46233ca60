import Glibc

/// The two clocks that the broker reads.
package protocol BrokerClock {
    /// CLOCK_MONOTONIC: for deadlines.
    func monotonic() -> Duration
    /// CLOCK_REALTIME in µs: for people.
    func realtime() -> Int64
}

/// The clocks of clock_gettime(2).
package struct SystemClock: BrokerClock {
    package init() {}

    package func monotonic() -> Duration {
        let time = Self.time(CLOCK_MONOTONIC)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    package func realtime() -> Int64 {
        let time = Self.time(CLOCK_REALTIME)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }

    private static func time(_ clock: clockid_t) -> timespec {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return time
    }
}
