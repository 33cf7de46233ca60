import Glibc
import POSIX
import SystemVSharedMemory
import Varlink

/// One client of a load: it has at most one request under way and never waits for the reply.
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
    private var began = Moment.now
    private var lastSent = Moment.now
    private var buffer = [UInt8](repeating: 0, count: 4096)
    private var received = 0

    /// Its socket is one of `sockets`, under this number.
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

    /// Takes what has come; returns whether the exchange is over.
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
            let now = Moment.now
            times.release.record(nanoseconds: now - lastSent)
            times.whole.record(nanoseconds: now - began)
            isReleasing = false
            return true
        case .warm:
            let now = Moment.now
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

    /// A request is far shorter than the socket's buffer: it is sent whole.
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
