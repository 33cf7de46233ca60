import Glibc
import POSIX
import Synchronization
import Varlink

/// A fake broker that listens on a socket and handles each call as the test says.
package final class FakeBroker: Sendable {
    package enum Answer: Sendable {
        /// One message, without its zero byte.
        case reply(String)
        case silence
        case hangUp
    }

    package let path: String
    private let listening: Int32
    private let isServing = Latch()
    private let received = Mutex<[String]>([])
    private let answer: @Sendable (String) -> Answer

    /// Starts listening; no connection is accepted before `serve`.
    package init(
        backlog: Int32 = 16,
        answer: @escaping @Sendable (String) -> Answer = { _ in .silence }
    ) throws {
        path = "/tmp/segmentd-fake.\(getpid()).\(UInt32.random(in: 0 ... .max))"
        self.answer = answer
        listening = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard let address = UnixAddress(path), address.withPointer({ bind(listening, $0, $1) }) == 0,
            listen(listening, backlog) == 0
        else { throw CannotListen(errno: errno) }
    }

    /// The calls received so far, as text.
    package var calls: [String] { received.withLock { $0 } }

    /// Accepts connections until `end`.
    package func serve() {
        isServing.raise()
        _ = Thread { [self] in
            while true {
                let connection = accept(listening, nil, nil)
                guard connection >= 0 else {
                    close(listening)
                    return
                }
                _ = Thread { [self] in converse(connection) }
            }
        }
    }

    /// Stops accepting; open connections stay until their clients disconnect.
    package func end() {
        shutdown(listening, Int32(SHUT_RDWR))
        // The thread may still be using the descriptor.
        if !isServing.isRaised { close(listening) }
        unlink(path)
    }

    private func converse(_ connection: Int32) {
        defer { close(connection) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 12)
        while true {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            bytes += buffer[..<count]
            while let end = bytes.firstIndex(of: 0) {
                let call = String(decoding: bytes[..<end], as: UTF8.self)
                bytes.removeSubrange(...end)
                received.withLock { $0.append(call) }
                switch answer(call) {
                case .reply(let text):
                    let message = Array(text.utf8) + [0]
                    send(connection, message, message.count, Int32(MSG_NOSIGNAL))
                case .silence: break
                case .hangUp: return
                }
            }
        }
    }

    package struct CannotListen: Error {
        package var errno: Int32
    }
}
