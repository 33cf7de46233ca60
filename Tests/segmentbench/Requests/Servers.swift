/// The broker and the bare echo beside it.
struct Servers {
    let broker: RunningProgram
    let echo: RunningProgram
    let directory: WorkingDirectory

    /// Both run for the time of `body`; the broker has one segment, `segment-0`, of 1 MiB.
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
