extension Quantity {
    static let p50 = Quantity(name: "p50Microseconds", heading: "p50 µs", digits: 1)
    static let p99 = Quantity(name: "p99Microseconds", heading: "p99 µs", digits: 1)
    static let p999 = Quantity(name: "p999Microseconds", heading: "p99.9 µs", digits: 1)
}

extension [Figure] {
    /// Three percentiles of times, with goals for the median and the 99th.
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
