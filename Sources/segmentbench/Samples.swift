/// Times of one kind, in µs.
struct Samples {
    private var values: [Double] = []

    mutating func measure<Failure: Error>(_ body: () throws(Failure) -> Void) throws(Failure) {
        let start = ContinuousClock.now
        try body()
        add(ContinuousClock.now - start)
    }

    mutating func add(_ time: Duration) { values.append(time / .microseconds(1)) }

    /// The value that a share of all, 0…1, does not exceed.
    func percentile(_ share: Double) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return 0 }
        return sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }
}

/// A line of the table: a figure, its baseline, and how many times the baseline it is.
enum Row {
    static func heading() { Swift.print("median µs (99 %)", "baseline", "ratio", separator: " | ") }

    static func print(_ name: String, _ samples: Samples, _ baseline: String, _ other: Samples) {
        let ratio = samples.percentile(0.5) / other.percentile(0.5)
        Swift.print(
            "\(name): \(text(samples))",
            "\(baseline): \(text(other))",
            tenths(ratio, digits: 2),
            separator: " | "
        )
    }

    private static func text(_ samples: Samples) -> String {
        "\(tenths(samples.percentile(0.5), digits: 1)) (\(tenths(samples.percentile(0.99), digits: 1)))"
    }

    /// With so many digits behind the point.
    static func tenths(_ value: Double, digits: Int) -> String {
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let whole = Int((value * scale).rounded())
        let fraction = String(whole % Int(scale))
        return "\(whole / Int(scale))." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}
