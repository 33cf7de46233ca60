import ArgumentParser

/// How fast the broker answers, beside a bare echo of the same bytes and the bare calls of the kernel.
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

    /// A figure is taken in so many turns with its baseline.
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
