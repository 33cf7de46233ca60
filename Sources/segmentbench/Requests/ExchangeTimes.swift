/// What was recorded of one server under one load.
struct ExchangeTimes {
    /// From a client's first request (or its connect) to its last reply (or its attach).
    var whole = Samples()
    var acquire = Samples()
    var release = Samples()
    var requests = 0
    /// In ns.
    var elapsed: UInt64 = 0
    /// Of the server, in ns.
    var processorTime: UInt64 = 0

    var requestsPerSecond: Double { Double(requests) / (Double(elapsed) / 1e9) }
    /// In µs.
    var processorTimePerRequest: Double { Double(processorTime) / 1000 / Double(requests) }
}
