import POSIX

/// The clocks that the broker reads.
package protocol BrokerClock {
    /// CLOCK_MONOTONIC: for deadlines.
    func monotonic() -> Duration
    /// CLOCK_REALTIME in µs: for people.
    func realtime() -> Int64
}

/// The kernel's clocks.
package struct SystemClock: BrokerClock {
    package init() {}

    package func monotonic() -> Duration { .nanoseconds(KernelClock.monotonic.nanoseconds) }
    package func realtime() -> Int64 { KernelClock.realtime.microseconds }
}
