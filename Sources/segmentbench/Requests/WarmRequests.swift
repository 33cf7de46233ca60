/// Acquire and Release on connections that stand.
enum WarmRequests {
    static func rows(_ servers: Servers, count: Int) throws -> [Row] {
        let measured = try Requests.clients.map { clients in
            let loads = try servers.loads(clients: clients, .warm)
            try interleave(
                rounds: Requests.rounds,
                [loads.broker, loads.echo].map { load in
                    { try load.run(count / Requests.rounds, records: $0) }
                }
            )
            return (clients, loads.broker.times, loads.echo.times)
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
