import ArgumentParser
import SegmentTestSupport

/// The broker's response time, compared with a bare echo of the same bytes and with the bare kernel calls.
struct Requests: Part {
    static let configuration = CommandConfiguration(
        abstract: "Times and throughput of requests, with one and with many clients at once."
    )

    @Option(help: "Exchanges of Acquire and Release for each number of clients; a quarter of it for joins.")
    var count = 40_000

    @Option(parsing: .upToNextOption, help: "Numbers of clients at once.")
    var clients = [1, 8, 64]

    @OptionGroup var output: OutputOptions

    func rows() throws -> [Row] {
        try Servers.with { servers in
            try WarmRequests.rows(servers, clients: clients, count: count)
                + ColdRequests.rows(servers, clients: clients, count: count / 4)
        }
    }

    /// The number of turns in which a figure alternates with its baseline.
    static let rounds = 40
}

extension Quantity {
    static let requestsPerSecond = Quantity(name: "requestsPerSecond", heading: "requests/s", digits: 0)
    static let serverTime = Quantity(
        name: "serverProcessorMicrosecondsPerRequest",
        heading: "server's CPU µs/request",
        digits: 1
    )
}

/// The broker and the bare echo server.
struct Servers {
    let broker: RunningProgram
    let echo: RunningProgram
    let directory: WorkingDirectory

    /// Runs both during `body`; the broker has one segment, `segment-0`, of 1 MiB.
    static func with<Result>(_ body: (Servers) throws -> Result) throws -> Result {
        try WorkingDirectory.with { directory in
            try directory.declare(1, sizes: [1 << 20])
            return try RunningProgram.with(directory.broker, in: directory) { broker in
                try RunningProgram.with(directory.echo, in: directory) { echo in
                    try body(Servers(broker: broker, echo: echo, directory: directory))
                }
            }
        }
    }

    /// Puts the same load on each in turn.
    func measure(
        clients: Int,
        _ exchange: Exchange,
        count: Int
    ) throws -> (broker: ExchangeTimes, echo: ExchangeTimes) {
        let broker = try Load(on: broker, at: directory.brokerSocket, clients: clients, exchange)
        let echo = try Load(on: echo, at: directory.echoSocket, clients: clients, exchange)
        try interleave(
            rounds: Requests.rounds,
            [
                { try broker.run(count / Requests.rounds, records: $0) },
                { try echo.run(count / Requests.rounds, records: $0) },
            ]
        )
        return (broker.times, echo.times)
    }
}

/// The goals of segmentd relative to the echo server.
///
/// Times are compared on one CPU, where nothing runs in parallel and a ratio is one of work; throughput on
/// two, where the server has one to itself.
struct RequestGoals {
    let clients: Int
    private let processors = ProcessStatus.allowedProcessors

    init(clients: Int) { self.clients = clients }

    var median: Goal? { isQuiet ? .ratioAtMost(2.0) : nil }
    var tail: Goal? { isQuiet ? .ratioAtMost(3.0) : nil }
    var throughput: Goal? { processors > 1 && clients == 64 ? .ratioAtLeast(0.5) : nil }
    /// The time of a client that joins, compared with connect, echo and attach.
    var join: Goal? { isQuiet ? .ratioAtMost(2.2) : nil }

    private var isQuiet: Bool { processors == 1 && clients == 1 }
}

/// The measurements of one server under one load.
struct ExchangeTimes {
    /// From a client's first request (or connect) to its last reply (or attach).
    var whole = Samples()
    var acquire = Samples()
    var release = Samples()
    private(set) var requests = 0
    /// The CPU time of the server, in ns.
    private var processorTime: UInt64 = 0
    /// The requests per second of each round.
    private var rates: [Double] = []

    /// Adds a round; times in ns.
    mutating func add(_ requests: Int, elapsed: UInt64, processorTime: UInt64) {
        self.requests += requests
        self.processorTime += processorTime
        rates.append(Double(requests) / (Double(elapsed) / 1e9))
    }

    /// The median of the rounds, so that a round disturbed by other work does not count.
    var requestsPerSecond: Double { Self.median(rates) }
    /// Returns the ratio to another server's rate, as the median of the rounds: each is compared with the
    /// adjacent one, which ran under the same conditions.
    func rateRatio(to other: ExchangeTimes) -> Double { Self.median(zip(rates, other.rates).map { $0 / $1 }) }
    /// The CPU time per request, in µs.
    var processorTimePerRequest: Double { Double(processorTime) / 1000 / Double(max(1, requests)) }

    private static func median(_ values: [Double]) -> Double {
        values.isEmpty ? 0 : values.sorted()[values.count / 2]
    }
}
