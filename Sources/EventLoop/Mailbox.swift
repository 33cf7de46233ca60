import POSIX
import Synchronization
import SystemPackage

/// Where other threads leave what they have done for a loop.
final class Mailbox: Sendable {
    typealias Message = @Sendable (EventLoop) -> Void

    private let event: EventDescriptor
    private let messages = Mutex<[Message]>([])

    init() throws(Errno) { event = try EventDescriptor() }

    var descriptor: FileDescriptor { event.descriptor }

    func post(_ message: @escaping Message) {
        let isFirst = messages.withLock { messages in
            messages.append(message)
            return messages.count == 1
        }
        if isFirst { event.signal() }
    }

    /// All there is, once the descriptor is readable.
    func take() -> [Message] {
        event.clear()
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
