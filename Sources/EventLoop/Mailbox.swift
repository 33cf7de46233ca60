import CLinux
import Glibc
import SystemPackage
import Synchronization

/// Where other threads leave what they have done for a loop; eventfd(2).
final class Mailbox: Sendable {
    typealias Message = @Sendable (EventLoop) -> Void

    let descriptor: Int32
    private let messages = Mutex<[Message]>([])

    init() throws(Errno) {
        descriptor = clinux_event_descriptor()
        guard descriptor >= 0 else { throw Errno(rawValue: errno) }
    }

    deinit { close(descriptor) }

    func post(_ message: @escaping Message) {
        let isFirst = messages.withLock { messages in
            messages.append(message)
            return messages.count == 1
        }
        guard isFirst else { return }
        var one: UInt64 = 1
        while unsafe write(descriptor, &one, 8) < 0, errno == EINTR {}
    }

    /// All there is, once the descriptor is readable.
    func take() -> [Message] {
        var count: UInt64 = 0
        while unsafe read(descriptor, &count, 8) < 0, errno == EINTR {}
        return messages.withLock { messages in
            defer { messages = [] }
            return messages
        }
    }
}

/// An outcome that a loop expects from another thread; what is to become of it stays with the loop.
package struct ExpectedOutcome<Outcome: Sendable>: Sendable {
    let number: UInt64
    let mailbox: Mailbox

    /// Hands it over, once, from any thread; dropped where the loop does not expect it any more.
    package func send(_ outcome: Outcome) {
        let number = number
        mailbox.post { loop in loop.fulfil(number, with: outcome) }
    }
}

/// What to do with an outcome.
final class Expectation<Outcome: Sendable> {
    let body: (Outcome) -> Void

    init(_ body: @escaping (Outcome) -> Void) { self.body = body }
}
