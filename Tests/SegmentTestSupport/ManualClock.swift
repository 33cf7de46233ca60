import SegmentBroker

/// A clock that goes on when the test says so.
package final class ManualClock: BrokerClock {
    package var now = Duration.seconds(1000)

    package init() {}

    package func monotonic() -> Duration { now }

    package func realtime() -> Int64 { 1_800_000_000_000_000 + Int64(now / .microseconds(1)) }
}
