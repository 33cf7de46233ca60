/// Acquire and Release on existing connections.
enum WarmRequests {
    static func rows(_ servers: Servers, clients: [Int], count: Int) throws -> [Row] {
        let measured = try clients.map { clients in
            let times = try servers.measure(clients: clients, .warm, count: count)
            return (clients, times.broker, times.echo)
        }
        return measured.map { whole($0, $1, $2) }
            + measured.map { part("acquire", "Acquire", $0, $1.acquire, $2.acquire) }
            + measured.map { part("release", "Release", $0, $1.release, $2.release) }
    }

    private static func whole(_ clients: Int, _ broker: ExchangeTimes, _ echo: ExchangeTimes) -> Row {
        let goal = RequestGoals(clients: clients)
        return Row(
            name: "acquireAndRelease",
            title: "Acquire, then Release",
            size: ("clients", clients),
            baseline: "echo of the same bytes",
            figures: .percentiles(broker.whole, baseline: echo.whole, p50: goal.median, p99: goal.tail)
                + .rates(broker, baseline: echo, goal: goal.throughput)
        )
    }

    private static func part(
        _ name: String,
        _ title: String,
        _ clients: Int,
        _ broker: Samples,
        _ echo: Samples
    ) -> Row {
        let goal = RequestGoals(clients: clients)
        return Row(
            name: name,
            title: "\(title) of these",
            size: ("clients", clients),
            baseline: "echo of the same bytes",
            figures: .percentiles(broker, baseline: echo, p50: goal.median, p99: goal.tail)
        )
    }
}

extension [Figure] {
    static func rates(_ measured: ExchangeTimes, baseline: ExchangeTimes, goal: Goal? = nil) -> [Figure] {
        [
            Figure(
                .requestsPerSecond,
                measured.requestsPerSecond,
                baseline: baseline.requestsPerSecond,
                ratio: measured.rateRatio(to: baseline),
                goal: goal
            ),
            Figure(
                .serverTime,
                measured.processorTimePerRequest,
                baseline: baseline.processorTimePerRequest
            ),
        ]
    }
}
