import NIOConcurrencyHelpers
import NIOPosix
import SegmentBroker

/// What the main thread waits for: signals, and what other threads have done for it.
final class Inbox<Message: Sendable>: @unchecked Sendable {
    /// True while there is a message.
    private let lock = ConditionLock(value: false)
    private var messages: [Message] = []
    private let signals = NIOThreadPool(numberOfThreads: 1)

    /// Waits for signals on a thread of its own, since the main thread waits for more.
    init(signal: @escaping @Sendable (DaemonSignal) -> Message) {
        signals.start()
        signals.submit { [self] status in
            guard status == .active else { return }
            while true { post(signal(DaemonSignal.next())) }
        }
    }

    func post(_ message: Message) {
        lock.lock()
        messages.append(message)
        lock.unlock(withValue: true)
    }

    /// The next message; nil where none comes in time.
    func next(within limit: Duration? = nil) -> Message? {
        if let limit {
            guard lock.lock(whenValue: true, timeoutSeconds: limit / .seconds(1)) else { return nil }
        } else {
            lock.lock(whenValue: true)
        }
        let message = messages.removeFirst()
        lock.unlock(withValue: !messages.isEmpty)
        return message
    }
}
