import Glibc
import POSIX
import Varlink

/// A connection for misbehaving clients.
struct AbusiveConnection {
    let socket: Int32

    /// Fails if nobody accepts the connection.
    init?(_ path: String) {
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0, UnixAddress(path)?.withPointer({ connect(socket, $0, $1) }) == 0 else {
            Glibc.close(socket)
            return nil
        }
    }

    /// Opens as many connections as the daemon accepts, up to `count`.
    static func many(_ count: Int, _ path: String) -> [AbusiveConnection] {
        (0..<count).compactMap { _ in AbusiveConnection(path) }
    }

    /// Sends bytes; returns false once the daemon has closed the connection.
    ///
    /// Waits for the daemon to read unless told otherwise.
    @discardableResult
    func send(_ bytes: [UInt8], waiting: Bool = true) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.send(
                    socket,
                    bytes.baseAddress.map { $0 + sent },
                    bytes.count - sent,
                    Int32(MSG_NOSIGNAL) | (waiting ? 0 : Int32(MSG_DONTWAIT))
                )
            }
            guard count > 0 else { return errno == EAGAIN }
            sent += count
        }
        return true
    }

    /// Returns what the daemon sends until it closes the connection or has sent `limit` bytes; nil if it
    /// sends nothing for 5 s.
    func receive(upTo limit: Int) -> [UInt8]? {
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while received.count < limit {
            var entry = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, 5000) > 0 else { return nil }
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            received += buffer[..<count]
        }
        return received
    }

    /// Acquires `count` leases on `a` and waits for the replies, whatever they are.
    func acquire(_ count: Int) {
        send(Message.repeated(Message.acquire, count))
        var left = count
        while left > 0, let said = receive(upTo: 1), !said.isEmpty { left -= said.count { $0 == 0 } }
    }

    /// Discards everything received so far.
    func skip() {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while recv(socket, &buffer, buffer.count, Int32(MSG_DONTWAIT)) > 0 {}
    }

    func closeHalf() { shutdown(socket, Int32(SHUT_WR)) }

    func close() { Glibc.close(socket) }
}

/// Messages as bytes.
enum Message {
    static let ping = call("io.systemd.service.Ping")
    static let list = call("io.segmentd.Broker.List", "\"more\":true")
    static let subscribe = call("io.segmentd.Broker.Subscribe", "\"more\":true")
    static let description = call(
        "org.varlink.service.GetInterfaceDescription",
        #""parameters":{"interface":"io.segmentd.Broker"}"#
    )
    static let describe = call("io.segmentd.Broker.Describe", #""parameters":{"name":"a"}"#)
    static let acquire = call("io.segmentd.Broker.Acquire", #""parameters":{"name":"a"}"#)

    static func call(_ method: String, _ rest: String...) -> [UInt8] {
        Array("{\(([#""method":"\#(method)""#] + rest).joined(separator: ","))}".utf8) + [0]
    }

    /// Returns `count` copies of a message in a row.
    static func repeated(_ message: [UInt8], _ count: Int) -> [UInt8] {
        Array(repeatElement(message, count: count).joined())
    }
}
