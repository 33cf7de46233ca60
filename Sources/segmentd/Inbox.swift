import EventLoop
import SystemPackage

/// What the main thread waits for while its loop turns: signals, and how far it has come.
final class Inbox<Message> {
    private let loop: EventLoop
    private var messages: [Message] = []
    private var signals: EventSource?
    /// Whether there is no message yet, and time left: looked at in each turn of the loop.
    private var isWaiting = false

    init(_ loop: EventLoop, signal: @escaping (DaemonSignal) -> Message) throws(Errno) {
        self.loop = loop
        signals = try loop.watch(signals: DaemonSignal.numbers) { [unowned self] number in
            if let found = DaemonSignal(number) { post(signal(found)) }
        }
    }

    func post(_ message: Message) {
        messages.append(message)
        isWaiting = false
    }

    /// Turns the loop until there is a message; nil where none comes in time.
    func next(within limit: Duration? = nil) -> Message? {
        isWaiting = messages.isEmpty
        let timer = limit.map { limit in loop.schedule(after: limit) { self.isWaiting = false } }
        defer { if let timer { loop.cancel(timer) } }
        loop.run { isWaiting }
        return messages.isEmpty ? nil : messages.removeFirst()
    }
}
