import Glibc

/// A moment of CLOCK_MONOTONIC, in ns.
struct Instant {
    let nanoseconds: UInt64

    static var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    }

    static func - (later: Instant, earlier: Instant) -> UInt64 { later.nanoseconds - earlier.nanoseconds }
}

/// Measured times of one kind, all kept: a few hundred thousand at most.
struct Samples {
    /// In ns.
    private var times: [UInt64] = []

    mutating func record(nanoseconds: UInt64) { times.append(nanoseconds) }

    /// Returns a percentile in µs; 0 if nothing was recorded.
    ///
    /// `percentile` is 0…100.
    func microseconds(_ percentile: Double) -> Double {
        let rank = Int((percentile * Double(times.count) / 100).rounded(.up))
        return times.isEmpty ? 0 : Double(times.sorted()[min(max(rank, 1), times.count) - 1]) / 1000
    }
}

extension Quantity {
    static let p50 = Quantity(name: "p50Microseconds", heading: "p50 µs", digits: 1)
    static let p99 = Quantity(name: "p99Microseconds", heading: "p99 µs", digits: 1)
    static let p999 = Quantity(name: "p999Microseconds", heading: "p99.9 µs", digits: 1)
}

extension [Figure] {
    /// Returns three percentiles of times, with goals for the median and the 99th.
    static func percentiles(
        _ measured: Samples,
        baseline: Samples,
        p50 goal: Goal? = nil,
        p99 tailGoal: Goal? = nil
    ) -> [Figure] {
        func figure(_ quantity: Quantity, _ percentile: Double, _ goal: Goal?) -> Figure {
            Figure(
                quantity,
                measured.microseconds(percentile),
                baseline: baseline.microseconds(percentile),
                goal: goal
            )
        }
        return [figure(.p50, 50, goal), figure(.p99, 99, tailGoal), figure(.p999, 99.9, nil)]
    }
}

/// Runs all bodies in turn, round after round, so that noise affects a figure and its baseline alike.
///
/// The argument of a body says whether to record: the first round is a warm-up.
func interleave(rounds: Int, _ bodies: [(_ records: Bool) throws -> Void]) throws {
    for round in 0...rounds {
        for body in bodies {
            try body(round > 0)
            try Interruption.check()
        }
    }
}
