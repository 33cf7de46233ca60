import CLinux
import Glibc

/// A blocking connection to a Varlink service.
///
/// Not for two threads at once.
///
/// After an error other than a service's reply it is of no more use.
package final class ClientConnection {
    /// The longest reply that is believed, in bytes.
    private static let longestReply = 16 << 20

    private let socket: Int32
    private let frames = FrameDecoder(maximumLength: longestReply)
    private let writer = JSONWriter()

    /// The process that listens; SO_PEERCRED of unix(7).
    ///
    /// A socket made by systemd shows process 1 and user 0.
    package let peerUserID: UInt32

    /// Connects to a socket; unix(7).
    ///
    /// `timeLimit` bounds the wait for a place in the service's queue. `.cannotConnect` carries ENOENT,
    /// ECONNREFUSED, EACCES and so on; `.failed` the errno of socket(2), which says nothing of the service.
    package init(path: String, timeLimit: Duration) throws(ConnectionError) {
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw .failed(call: "socket", errno: errno) }
        do throws(ConnectionError) {
            try Self.connect(socket, to: path, Deadline(timeLimit))
            var peer = clinux_peer()
            guard unsafe clinux_peer_credentials(socket, &peer) == 0 else {
                throw .failed(call: "getsockopt", errno: errno)
            }
            peerUserID = peer.user
        } catch {
            Glibc.close(socket)
            throw error
        }
    }

    deinit {
        Glibc.close(socket)
    }

    /// For poll(2): readable when the service has gone away or a reply waits.
    package var fileDescriptor: Int32 { socket }

    /// Whether the service has hung up, as far as is known without waiting.
    package var isClosed: Bool {
        var entry = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, 0) > 0
    }

    /// Calls a method and waits for its one reply, an error of the service included.
    package func call(
        _ method: String,
        _ parameters: some JSONEncodable,
        timeLimit: Duration
    ) throws(ConnectionError) -> Reply {
        let deadline = Deadline(timeLimit)
        try send(method, parameters, mode: .plain, deadline)
        return try receive(deadline)
    }

    /// Calls a method for any number of replies; `receiveNext` gets them.
    package func callMore(
        _ method: String,
        _ parameters: some JSONEncodable,
        timeLimit: Duration
    ) throws(ConnectionError) {
        try send(method, parameters, mode: .more, Deadline(timeLimit))
    }

    /// Waits for the next reply; nil: without limit.
    package func receiveNext(timeLimit: Duration?) throws(ConnectionError) -> Reply {
        try receive(timeLimit.map { Deadline($0) })
    }

    /// Sends a call that is never answered, if the socket takes it at once; never waits.
    package func callOneway(_ method: String, _ parameters: some JSONEncodable) throws(ConnectionError) {
        writer.reset()
        Call.write(method, parameters, mode: .oneway, to: writer)
        let count = writer.send(on: socket)
        guard count == writer.count else {
            throw count < 0 ? .failed(call: "send", errno: errno) : .timedOut
        }
    }

    private func send(
        _ method: String,
        _ parameters: some JSONEncodable,
        mode: Call.Mode,
        _ deadline: Deadline
    ) throws(ConnectionError) {
        writer.reset()
        Call.write(method, parameters, mode: mode, to: writer)
        var sent = 0
        while sent < writer.count {
            let count = writer.send(on: socket, from: sent)
            if count > 0 {
                sent += count
            } else if errno == EAGAIN {
                try wait(for: POLLOUT, deadline)
            } else if errno == EPIPE || errno == ECONNRESET {
                // What the service said before it hung up may still be read.
                return
            } else if errno != EINTR {
                throw .failed(call: "send", errno: errno)
            }
        }
    }

    private func receive(_ deadline: Deadline?) throws(ConnectionError) -> Reply {
        while true {
            let message: JSON?
            do throws(FrameError) {
                message = try frames.next()
            } catch {
                throw .protocolViolation(error.violation)
            }
            if let message {
                do throws(ReplyError) {
                    return try Reply(message)
                } catch {
                    throw .protocolViolation(error.violation)
                }
            }
            try wait(for: POLLIN, deadline)
            var (count, error) = (0, Int32(0))
            let received = unsafe [UInt8](unsafeUninitializedCapacity: 1 << 14) { room, received in
                count = unsafe recv(socket, room.baseAddress, room.count, Int32(MSG_DONTWAIT))
                error = errno
                received = max(0, count)
            }
            switch count {
            case 0: throw .closed
            case 1...: frames.append(received.span)
            default:
                guard error == EAGAIN || error == EINTR else {
                    throw error == ECONNRESET ? .closed : .failed(call: "recv", errno: error)
                }
            }
        }
    }

    private func wait(for events: Int32, _ deadline: Deadline?) throws(ConnectionError) {
        while true {
            var entry = pollfd(fd: socket, events: Int16(events), revents: 0)
            let ready = unsafe poll(&entry, 1, deadline?.milliseconds ?? -1)
            if ready > 0 { return }
            if ready == 0 {
                // More milliseconds than poll(2) can count are waited for in parts.
                guard deadline?.hasPassed ?? false else { continue }
                throw .timedOut
            }
            guard errno == EINTR else { throw .failed(call: "poll", errno: errno) }
        }
    }

    private static func connect(
        _ socket: Int32,
        to path: String,
        _ deadline: Deadline
    ) throws(ConnectionError) {
        guard let address = UnixAddress(path) else {
            throw .cannotConnect(path: path, errno: ENAMETOOLONG)
        }
        while true {
            // A full queue makes connect(2) wait as long as it may send; EAGAIN is the end of that.
            var limit = deadline.timeval
            unsafe setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            if unsafe address.withPointer({ unsafe Glibc.connect(socket, $0, $1) }) == 0 { return }
            switch errno {
            // A handled signal ends the wait in the queue and leaves the socket as it was.
            case EINTR: guard !deadline.hasPassed else { throw .timedOut }
            case EAGAIN: throw .timedOut
            default: throw .cannotConnect(path: path, errno: errno)
            }
        }
    }
}

/// Why a call got no reply.
package enum ConnectionError: Error, Equatable, Sendable {
    case cannotConnect(path: String, errno: Int32)
    /// The service has closed the connection.
    case closed
    case timedOut
    case protocolViolation(String)
    case failed(call: String, errno: Int32)
}

/// A moment of CLOCK_MONOTONIC by which a call must be over.
private struct Deadline {
    /// A time limit of more than 68 years is as good as this one, and fits what the kernel takes.
    private static let longest = Duration.seconds(Int32.max)

    private let moment: ContinuousClock.Instant

    init(_ timeLimit: Duration) {
        moment = .now + min(max(.zero, timeLimit), Self.longest)
    }

    private var remaining: Duration { max(.zero, moment - .now) }

    var hasPassed: Bool { remaining == .zero }

    /// What remains, for poll(2), rounded up.
    var milliseconds: Int32 {
        let remaining = remaining
        guard remaining > .zero else { return 0 }
        return Int32(clamping: Int64(remaining / .milliseconds(1)) + 1)
    }

    /// What remains, for SO_SNDTIMEO of socket(7), where nothing means for ever: a microsecond at least.
    var timeval: timeval {
        let (seconds, attoseconds) = max(.microseconds(1), remaining).components
        return Glibc.timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
    }
}
