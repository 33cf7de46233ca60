import Glibc

/// Any number of clients of one server, driven from one thread.
///
/// Each sends its next request as soon as its last reply has come. The broker and the echo get theirs from the same
/// code, so that what the clients cost is the same on both sides of a ratio.
final class Load {
    private(set) var times = ExchangeTimes()
    private let path: String
    private let server: RunningProgram
    private let clients: [LoadClient]
    private var entries: [pollfd]

    init(on server: RunningProgram, at path: String, clients: Int, _ exchange: Exchange) throws {
        self.path = path
        self.server = server
        self.clients = try (0..<clients).map { _ in try LoadClient(path, exchange) }
        entries = self.clients.map { pollfd(fd: $0.socket, events: Int16(POLLIN), revents: 0) }
    }

    /// Runs so many exchanges, shared among the clients.
    func run(_ count: Int, records: Bool) throws {
        let (start, processorTime) = (Moment.now, server.processorTime)
        var unrecorded = ExchangeTimes()
        if records { try exchange(count, &times) } else { try exchange(count, &unrecorded) }
        guard records else { return }
        times.elapsed += .now - start
        times.processorTime += server.processorTime - processorTime
    }

    private func exchange(_ count: Int, _ times: inout ExchangeTimes) throws {
        var (toBegin, running) = (count, 0)
        for index in clients.indices where toBegin > 0 {
            try begin(index)
            (toBegin, running) = (toBegin - 1, running + 1)
        }
        while running > 0 {
            guard poll(&entries, nfds_t(entries.count), 10_000) > 0 else {
                throw BenchmarkError.noReply(from: path)
            }
            for index in entries.indices where entries[index].revents != 0 {
                guard try clients[index].advance(&times) else { continue }
                if toBegin > 0 {
                    try begin(index)
                    toBegin -= 1
                } else {
                    entries[index].fd = clients[index].socket
                    running -= 1
                }
            }
        }
    }

    /// A cold client has another socket each time.
    private func begin(_ index: Int) throws {
        try clients[index].begin()
        entries[index].fd = clients[index].socket
    }
}
