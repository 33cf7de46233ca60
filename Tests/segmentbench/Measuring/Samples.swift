import Glibc

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

/// Times of one kind: a few hundred thousand at most, so that each is kept.
struct Samples {
    /// In ns.
    private var times: [UInt64] = []

    mutating func record(nanoseconds: UInt64) { times.append(nanoseconds) }

    /// The least time that so many percent do not exceed, in µs; 0 where nothing was recorded.
    ///
    /// `percentile` is 0…100.
    func microseconds(_ percentile: Double) -> Double {
        let rank = Int((percentile * Double(times.count) / 100).rounded(.up))
        return times.isEmpty ? 0 : Double(times.sorted()[min(max(rank, 1), times.count) - 1]) / 1000
    }
}
