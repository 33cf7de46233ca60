/// What was recorded of one server under one load.
struct ExchangeTimes {
    /// From a client's first request (or its connect) to its last reply (or its attach).
    var whole = Samples()
    var acquire = Samples()
    var release = Samples()
    private(set) var requests = 0
    /// Of the server, in ns.
    private var processorTime: UInt64 = 0
    /// Requests a second, of each round.
    private var rates: [Double] = []

    /// Adds a round; times in ns.
    mutating func add(_ requests: Int, elapsed: UInt64, processorTime: UInt64) {
        self.requests += requests
        self.processorTime += processorTime
        rates.append(Double(requests) / (Double(elapsed) / 1e9))
    }

    /// The median of the rounds: one that other work on the machine took away does not count.
    var requestsPerSecond: Double { Self.median(rates) }
    /// How many times the other's rate it is, in the median of the rounds: each is compared with the one beside it,
    /// which had the same machine.
    func rateRatio(to other: ExchangeTimes) -> Double { Self.median(zip(rates, other.rates).map { $0 / $1 }) }
    /// In µs.
    var processorTimePerRequest: Double { Double(processorTime) / 1000 / Double(max(1, requests)) }

    private static func median(_ values: [Double]) -> Double {
        values.isEmpty ? 0 : values.sorted()[values.count / 2]
    }
}
