import POSIX
package import SystemPackage

/// A blocking connection to a Varlink service.
///
/// It must not be used by two threads at once. After an error other than an error reply, it is of no further
/// use.
package final class ClientConnection {
    /// The longest reply accepted, in bytes.
    private static let longestReply = 16 << 20

    private let socket: FileDescriptor
    private let frames = FrameDecoder(maximumLength: longestReply)
    private let writer = JSONWriter()

    /// The user of the listening process; SO_PEERCRED of unix(7).
    ///
    /// A socket created by systemd shows process 1 and user 0.
    package let peerUserID: UInt32

    /// Connects to a socket; unix(7).
    ///
    /// `timeLimit` bounds the wait for a place in the service's queue. `.cannotConnect` carries ENOENT,
    /// ECONNREFUSED, EACCES and so on; `.failed` carries the errno of socket(2), which says nothing about the
    /// service.
    package init(path: String, timeLimit: Duration) throws(ConnectionError) {
        do throws(Errno) { socket = try .unixSocket() } catch {
            throw .failed(call: "socket", errno: error.rawValue)
        }
        do throws(ConnectionError) {
            try Self.connect(socket, to: path, Deadline(timeLimit))
            do throws(Errno) { peerUserID = try PeerCredentials(of: socket).userID } catch {
                throw .failed(call: "getsockopt", errno: error.rawValue)
            }
        } catch {
            try? socket.close()
            throw error
        }
    }

    deinit { try? socket.close() }

    /// The socket, for poll(2): readable when a reply has arrived or the service has hung up.
    package var fileDescriptor: FileDescriptor { socket }

    /// Whether the service has hung up, as far as known without waiting.
    package var isClosed: Bool { socket.isReady(for: .read) }

    /// Calls a method and waits for its single reply, which may be an error.
    package func call(
        _ method: String,
        _ parameters: some JSONEncodable,
        timeLimit: Duration
    ) throws(ConnectionError) -> Reply {
        let deadline = Deadline(timeLimit)
        try send(method, parameters, mode: .plain, deadline)
        return try receive(deadline)
    }

    /// Calls a method that may send several replies; `receiveNext` returns them.
    package func callMore(
        _ method: String,
        _ parameters: some JSONEncodable,
        timeLimit: Duration
    ) throws(ConnectionError) {
        try send(method, parameters, mode: .more, Deadline(timeLimit))
    }

    /// Waits for the next reply; without a limit if nil.
    package func receiveNext(timeLimit: Duration?) throws(ConnectionError) -> Reply {
        try receive(Deadline(timeLimit))
    }

    /// Sends a call without a reply; throws instead of waiting if the socket does not accept it at once.
    package func callOneway(_ method: String, _ parameters: some JSONEncodable) throws(ConnectionError) {
        writer.reset()
        Call.write(method, parameters, mode: .oneway, to: writer)
        let count: Int
        do throws(Errno) { count = try socket.send(writer) } catch {
            throw .failed(call: "send", errno: error.rawValue)
        }
        guard count == writer.count else { throw .timedOut }
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
            do throws(Errno) { sent += try socket.send(writer, from: sent) } catch {
                switch error {
                case .interrupted: break
                case .wouldBlock: try wait(for: .write, deadline)
                // Replies sent before the service hung up can still be read.
                case .brokenPipe, .connectionReset: return
                default: throw .failed(call: "send", errno: error.rawValue)
                }
            }
        }
    }

    private func receive(_ deadline: Deadline) throws(ConnectionError) -> Reply {
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
            try wait(for: .read, deadline)
            do throws(Errno) {
                let received = try socket.receive(atMost: 1 << 14)
                if received.isEmpty { throw Errno.connectionReset }
                frames.append(received.span)
            } catch {
                switch error {
                case .interrupted, .wouldBlock: break
                case .connectionReset: throw .closed
                default: throw .failed(call: "recv", errno: error.rawValue)
                }
            }
        }
    }

    private func wait(for events: PollEvents, _ deadline: Deadline) throws(ConnectionError) {
        let ready: PollEvents
        do throws(Errno) { ready = try socket.wait(for: events, until: deadline) } catch {
            throw .failed(call: "poll", errno: error.rawValue)
        }
        if ready.isEmpty { throw .timedOut }
    }

    private static func connect(
        _ socket: FileDescriptor,
        to path: String,
        _ deadline: Deadline
    ) throws(ConnectionError) {
        guard let address = UnixAddress(path) else {
            throw .cannotConnect(path: path, errno: Errno.fileNameTooLong.rawValue)
        }
        while true {
            // If the queue is full, connect(2) waits for up to the send timeout, then fails with EAGAIN.
            do throws(Errno) { return try socket.connect(to: address, until: deadline) } catch {
                switch error {
                // A handled signal interrupts the wait and leaves the socket as it was.
                case .interrupted: guard !deadline.hasPassed else { throw .timedOut }
                case .wouldBlock: throw .timedOut
                default: throw .cannotConnect(path: path, errno: error.rawValue)
                }
            }
        }
    }
}

/// The reason a call got no reply.
package enum ConnectionError: Error, Equatable, Sendable {
    case cannotConnect(path: String, errno: Int32)
    /// The service closed the connection.
    case closed
    case timedOut
    case protocolViolation(String)
    case failed(call: String, errno: Int32)
}
