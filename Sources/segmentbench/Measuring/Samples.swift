import Glibc
import Histogram

/// A moment of CLOCK_MONOTONIC, in ns.
struct Moment {
    let nanoseconds: UInt64

    static var now: Moment {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Moment(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    }

    static func - (later: Moment, earlier: Moment) -> UInt64 { later.nanoseconds - earlier.nanoseconds }
}

/// Times of one kind, kept to three significant digits.
struct Samples {
    /// In ns.
    private var histogram = Histogram<UInt32>(numberOfSignificantValueDigits: .three)

    mutating func record(nanoseconds: UInt64) { histogram.record(nanoseconds) }

    /// In µs; 0 where nothing was recorded.
    ///
    /// `percentile` is 0…100.
    func microseconds(_ percentile: Double) -> Double {
        histogram.totalCount == 0 ? 0 : Double(histogram.valueAtPercentile(percentile)) / 1000
    }
}
