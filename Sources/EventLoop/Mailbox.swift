import POSIX
import Synchronization
import SystemPackage

/// The mailbox where other threads leave outcomes for a loop.
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

    /// Removes and returns all messages, once the descriptor is readable.
    func take() -> [Message] {
        event.clear()
        return messages.withLock { messages in
            defer { messages = [] }
            return messages
        }
    }
}

/// An outcome that a loop expects from another thread; the closure to call with it stays with the loop.
package struct ExpectedOutcome<Outcome: Sendable>: Sendable {
    let number: UInt64
    let mailbox: Mailbox

    /// Sends the outcome, once, from any thread; it is dropped if the loop no longer expects it.
    package func send(_ outcome: Outcome) {
        let number = number
        mailbox.post { loop in loop.fulfil(number, with: outcome) }
    }
}

/// The closure to call with an outcome.
final class Expectation<Outcome: Sendable> {
    let body: (Outcome) -> Void

    init(_ body: @escaping (Outcome) -> Void) { self.body = body }
}
