/// Starts with one number of segments.
struct MeasuredStarts {
    let segments: Int
    private var broker = StartCosts()
    private var bare = StartCosts()

    init(segments: Int, count: Int) throws {
        self.segments = segments
        var (broker, bare) = (StartCosts(), StartCosts())
        try WorkingDirectory.with { directory in
            try directory.declare(segments, sizes: Starts.sizes)
            let calls = directory.segments(segments, sizes: Starts.sizes)
            try interleave(
                rounds: count,
                [
                    { try broker.add(directory.broker, in: directory, records: $0) },
                    { try bare.add(calls, in: directory, records: $0) },
                ]
            )
        }
        self.broker = broker
        self.bare = bare
    }

    /// All of it.
    var row: Row {
        let isPromised = segments == 100
        return Row(
            name: "start",
            title: "Start",
            size: ("segments", segments),
            baseline: "shmget, shmat",
            figures: [
                figure(.ready, \.milliseconds, goal: isPromised ? .atMost(15) : nil),
                figure(.slowestReady, \.slowestMilliseconds),
                figure(.readyTime, \.processorMilliseconds),
                figure(.resident, \.resident, goal: isPromised ? .atMost(18_000_000 / 1024) : nil),
                figure(.anonymous, \.anonymous, goal: isPromised ? .atMost(4_000_000 / 1024) : nil),
            ]
        )
    }

    /// What each segment costs that a start with fewer did not have.
    func row(beyond fewer: MeasuredStarts) -> Row {
        func figure(_ quantity: Quantity, _ cost: (StartCosts) -> Double) -> Figure {
            let more = Double(segments - fewer.segments)
            return Figure(
                quantity,
                (cost(broker) - cost(fewer.broker)) / more,
                baseline: (cost(bare) - cost(fewer.bare)) / more
            )
        }
        return Row(
            name: "eachSegment",
            title: "Each segment more",
            size: ("segments", segments),
            baseline: "shmget, shmat",
            figures: [
                figure(.readyPerSegment) { $0.milliseconds * 1000 },
                figure(.readyTimePerSegment) { $0.processorMilliseconds * 1000 },
                figure(.residentPerSegment, \.resident),
                figure(.anonymousPerSegment, \.anonymous),
            ]
        )
    }

    private func figure(_ quantity: Quantity, _ cost: (StartCosts) -> Double, goal: Goal? = nil) -> Figure {
        Figure(quantity, cost(broker), baseline: cost(bare), goal: goal)
    }
}

extension Quantity {
    static let ready = Quantity(name: "readyMilliseconds", heading: "ready ms", digits: 1)
    static let slowestReady = Quantity(name: "slowestReadyMilliseconds", heading: "slowest ms", digits: 1)
    static let readyTime = Quantity(name: "readyProcessorMilliseconds", heading: "CPU ms", digits: 1)
    static let resident = Quantity(name: "residentKibibytes", heading: "RSS KiB", digits: 0)
    static let anonymous = Quantity(name: "anonymousKibibytes", heading: "RssAnon KiB", digits: 0)
    static let readyPerSegment = Quantity(name: "readyMicroseconds", heading: "ready µs", digits: 1)
    static let readyTimePerSegment = Quantity(
        name: "readyProcessorMicroseconds",
        heading: "CPU µs",
        digits: 1
    )
    static let residentPerSegment = Quantity(name: "residentKibibytes", heading: "RSS KiB", digits: 1)
    static let anonymousPerSegment = Quantity(name: "anonymousKibibytes", heading: "RssAnon KiB", digits: 1)
}
