import CLinux
import Glibc
import POSIX
import SegmentInterface
import SegmentModel
import SystemVSharedMemory
import Varlink

/// Any number of clients of one server, driven by one thread.
///
/// Each sends its next request as soon as its last reply has arrived. The broker and the echo server get
/// their requests from the same code, so the clients cost the same on both sides of a ratio.
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

    /// Runs `count` exchanges, shared among the clients.
    func run(_ count: Int, records: Bool) throws {
        var unrecorded = ExchangeTimes()
        guard records else { return try run(count, &unrecorded) }
        let (start, processorTime) = (Instant.now, server.processorTime)
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

/// One client of a load, with at most one request under way; it never waits for the reply.
final class LoadClient {
    /// -1 while it is not connected.
    private var socket: Int32 = -1
    private let path: String
    private let exchange: Exchange
    private let sockets: ReadableSockets
    private let number: Int
    private let acquire = RequestBytes.acquire("segment-0")
    private var release: [UInt8] = []
    private var isReleasing = false
    private var began = Instant.now
    private var lastSent = Instant.now
    private var buffer = [UInt8](repeating: 0, count: 4096)
    private var received = 0

    /// Creates a client whose socket is one of `sockets`, with this number.
    init(_ path: String, _ exchange: Exchange, _ sockets: ReadableSockets, _ number: Int) throws {
        self.path = path
        self.exchange = exchange
        self.sockets = sockets
        self.number = number
        if case .warm = exchange { try connect() }
    }

    deinit { disconnect() }

    /// Sends the first request of an exchange.
    func begin() throws {
        began = .now
        if case .cold = exchange { try connect() }
        lastSent = began
        try send(acquire)
    }

    /// Receives available bytes; returns whether the exchange is over.
    func advance(_ times: inout ExchangeTimes) throws -> Bool {
        let count = buffer.withUnsafeMutableBytes { bytes in
            let room = bytes[received...]
            return recv(socket, UnsafeMutableRawBufferPointer(rebasing: room).baseAddress, room.count, 0)
        }
        guard count > 0 else { throw BenchmarkError.noReply(from: path) }
        received += count
        guard buffer[received - 1] == 0 else { return false }
        let reply = buffer[..<received]
        received = 0
        guard !RequestBytes.isError(reply) else {
            throw BenchmarkError.refused(String(decoding: reply, as: UTF8.self))
        }
        switch exchange {
        case .warm where isReleasing:
            let now = Instant.now
            times.release.record(nanoseconds: now - lastSent)
            times.whole.record(nanoseconds: now - began)
            isReleasing = false
            return true
        case .warm:
            let now = Instant.now
            times.acquire.record(nanoseconds: now - lastSent)
            isReleasing = true
            lastSent = now
            try sendRelease(after: reply)
            return false
        case .cold(let identifier):
            let address = try LinuxKernel().attach(identifier, readOnly: false)
            times.whole.record(nanoseconds: .now - began)
            try LinuxKernel().detach(address)
            disconnect()
            return true
        }
    }

    private func sendRelease(after reply: ArraySlice<UInt8>) throws {
        release.removeAll(keepingCapacity: true)
        release += RequestBytes.release.head
        release += RequestBytes.lease(in: reply) ?? [UInt8(ascii: "1")]
        release += RequestBytes.release.tail
        try send(release)
    }

    /// Sends a request, which always fits in the socket's buffer.
    private func send(_ bytes: [UInt8]) throws {
        guard Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw BenchmarkError.call("send", errno: errno)
        }
    }

    private func connect() throws {
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard UnixAddress(path)?.withPointer({ Glibc.connect(socket, $0, $1) }) == 0 else {
            throw BenchmarkError.call("connect", errno: errno)
        }
        sockets.add(socket, as: number)
    }

    private func disconnect() {
        if socket >= 0 { close(socket) }
        socket = -1
    }
}

/// Finds readable sockets; epoll(7), whose cost does not grow with the idle ones.
final class ReadableSockets {
    private let descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
    private var events = [epoll_event](repeating: epoll_event(), count: 64)

    deinit { close(descriptor) }

    /// Watches a socket, with a number chosen by the caller, until it is closed.
    func add(_ socket: Int32, as number: Int) {
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data(u64: UInt64(number)))
        epoll_ctl(descriptor, EPOLL_CTL_ADD, socket, &event)
    }

    /// Calls `body` with the number of each readable socket; waits for up to 10 s until there is one.
    ///
    /// Returns whether there was one.
    func forEach(_ body: (Int) throws -> Void) rethrows -> Bool {
        let count = Int(epoll_wait(descriptor, &events, Int32(events.count), 10_000))
        guard count > 0 else { return false }
        for index in 0..<count { try body(Int(events[index].data.u64)) }
        return true
    }
}

/// The messages that every client sends, to the broker and the echo server alike.
enum RequestBytes {
    static func acquire(_ name: String) -> [UInt8] {
        bytes(.acquire, AcquireParameters(name: name, access: .readWrite))
    }

    /// The parts of a Release before and after the number of the lease.
    static let release: (head: [UInt8], tail: [UInt8]) = {
        let parts = bytes(.release, ReleaseParameters(lease: "?")).split(separator: UInt8(ascii: "?"))
        return (Array(parts[0]), Array(parts[1]))
    }()

    /// Returns the number of the lease, with which segmentd's reply begins; nil if there is none, as from the
    /// echo server.
    static func lease(in reply: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard reply.starts(with: leaseHead) else { return nil }
        return reply.dropFirst(leaseHead.count).prefix { $0 != UInt8(ascii: "\"") }
    }

    static func isError(_ reply: ArraySlice<UInt8>) -> Bool { reply.starts(with: errorHead) }

    private static let leaseHead = Array(#"{"parameters":{"lease":""#.utf8)
    private static let errorHead = Array(#"{"error""#.utf8)

    private static func bytes(_ method: BrokerMethod, _ parameters: some JSONEncodable) -> [UInt8] {
        let writer = JSONWriter()
        Call.write(method.rawValue, parameters, mode: .plain, to: writer)
        return writer.bytes
    }
}

/// The exchange that a client repeats.
enum Exchange {
    /// Acquire and Release, on an existing connection.
    case warm
    /// Connect, Acquire and attach; then, without being timed, detach and disconnect.
    case cold(SegmentIdentifier)

    /// The number of requests that the server answers.
    var requests: Int {
        switch self {
        case .warm: 2
        case .cold: 1
        }
    }
}
