import Synchronization

/// What the main thread waits for: signals, and what other threads have done for it.
final class Inbox<Message: Sendable>: Sendable {
    private let messages = Mutex<[Message]>([])
    private let signal: @Sendable (DaemonSignal) -> Message

    init(signal: @escaping @Sendable (DaemonSignal) -> Message) {
        self.signal = signal
    }

    func post(_ message: Message) {
        messages.withLock { $0.append(message) }
        DaemonSignal.wakeMain()
    }

    /// The next message; nil where none comes in time.
    ///
    /// To be called by the main thread alone.
    func next(within limit: Duration? = nil) -> Message? {
        let end = limit.map { ContinuousClock.now + $0 }
        while true {
            if let message = messages.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { return message }
            switch DaemonSignal.next(within: end.map { $0 - .now }) {
            case nil: return nil
            case .wake: break
            case let found?: return signal(found)
            }
        }
    }
}
