/// Any number of clients of one server, driven from one thread.
///
/// Each sends its next request as soon as its last reply has come. The broker and the echo get theirs from the same
/// code, so that what the clients cost is the same on both sides of a ratio.
final class Load {
    private(set) var times = ExchangeTimes()
    private let path: String
    private let server: RunningProgram
    private let exchange: Exchange
    private let sockets = ReadableSockets()
    private let clients: [LoadClient]

    init(on server: RunningProgram, at path: String, clients: Int, _ exchange: Exchange) throws {
        self.path = path
        self.server = server
        self.exchange = exchange
        self.clients = try (0..<clients).map { [sockets] in try LoadClient(path, exchange, sockets, $0) }
    }

    /// Runs so many exchanges, shared among the clients.
    func run(_ count: Int, records: Bool) throws {
        var unrecorded = ExchangeTimes()
        guard records else { return try run(count, &unrecorded) }
        let (start, processorTime) = (Moment.now, server.processorTime)
        try run(count, &times)
        times.add(
            count * exchange.requests,
            elapsed: .now - start,
            processorTime: server.processorTime - processorTime
        )
    }

    private func run(_ count: Int, _ times: inout ExchangeTimes) throws {
        var (toBegin, running) = (count, 0)
        for client in clients where toBegin > 0 {
            try client.begin()
            (toBegin, running) = (toBegin - 1, running + 1)
        }
        while running > 0 {
            let hasProgress = try sockets.forEach { index in
                guard try clients[index].advance(&times) else { return }
                if toBegin > 0 {
                    try clients[index].begin()
                    toBegin -= 1
                } else {
                    running -= 1
                }
            }
            try Interruption.check()
            guard hasProgress else { throw BenchmarkError.noReply(from: path) }
        }
    }
}
