import Glibc
import Segments
import SegmentModel
import SystemVSharedMemory
import SystemPackage

/// A client that joins: connects, acquires a segment and attaches it.
enum ColdRequests {
    static func rows(_ servers: Servers, clients: [Int], count: Int) throws -> [Row] {
        let segment = try SegmentClient(socket: FilePath(servers.directory.brokerSocket)).segment(
            named: "segment-0"
        )
        guard let key = segment.key, let identifier = segment.identifier else {
            throw BenchmarkError.refused("segment-0 is \(segment.state.rawValue)")
        }
        let joins = try clients.map { clients in
            let times = try servers.measure(clients: clients, .cold(identifier), count: count)
            return join(clients, times.broker, times.echo)
        }
        return try joins + alone(servers, key, identifier, count: count)
    }

    private static func join(_ clients: Int, _ broker: ExchangeTimes, _ echo: ExchangeTimes) -> Row {
        let goal = RequestGoals(clients: clients)
        return Row(
            name: "join",
            title: "Connect, Acquire, attach",
            size: ("clients", clients),
            baseline: "connect, echo, attach",
            figures: .percentiles(broker.whole, baseline: echo.whole, p50: goal.join)
                + .rates(broker, baseline: echo)
        )
    }

    /// A single client: with the library, which also checks replies, and a program that knows the key.
    private static func alone(
        _ servers: Servers,
        _ key: SegmentKey,
        _ identifier: SegmentIdentifier,
        count: Int
    ) throws -> [Row] {
        let path = servers.directory.echoSocket
        let echo = try Load(on: servers.echo, at: path, clients: 1, .cold(identifier))
        var (library, raw) = (Samples(), Samples())
        try interleave(
            rounds: Requests.rounds,
            [
                { try echo.run(count / Requests.rounds, records: $0) },
                { records in
                    for _ in 0..<count / Requests.rounds {
                        let start = Instant.now
                        let client = try SegmentClient(socket: FilePath(servers.directory.brokerSocket))
                        let segment = try client.attach("segment-0")
                        if records { library.record(nanoseconds: .now - start) }
                        _ = consume segment
                    }
                },
                { records in
                    let kernel = LinuxKernel()
                    for _ in 0..<count / Requests.rounds {
                        let start = Instant.now
                        let found = try kernel.get(key, size: 0, flags: [], mode: [])
                        let address = try kernel.attach(found, readOnly: false)
                        if records { raw.record(nanoseconds: .now - start) }
                        try kernel.detach(address)
                    }
                },
            ]
        )
        let goal = RequestGoals(clients: 1)
        return [
            Row(
                name: "libraryJoin",
                title: "SegmentClient().attach",
                size: ("clients", 1),
                baseline: "connect, echo, attach",
                figures: .percentiles(library, baseline: echo.times.whole, p50: goal.join)
            ),
            Row(
                name: "libraryJoinBesideBareCalls",
                title: "SegmentClient().attach",
                size: ("clients", 1),
                baseline: "shmget, shmat",
                figures: .percentiles(library, baseline: raw)
            ),
        ]
    }
}
