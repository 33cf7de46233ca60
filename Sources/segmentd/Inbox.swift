import EventLoop
import SystemPackage

/// What the main thread waits for while its loop turns: signals, and how far it has come.
final class Inbox<Message> {
    private let loop: EventLoop
    private var messages: [Message] = []
    private var signals: EventSource?

    init(_ loop: EventLoop, signal: @escaping (DaemonSignal) -> Message) throws(Errno) {
        self.loop = loop
        signals = try loop.watch(signals: DaemonSignal.numbers) { [unowned self] number in
            if let found = DaemonSignal(number) { post(signal(found)) }
        }
    }

    func post(_ message: Message) { messages.append(message) }

    /// Turns the loop until there is a message; nil where none comes in time.
    func next(within limit: Duration? = nil) -> Message? {
        var isOver = false
        let timer = limit.map { limit in loop.schedule(after: limit) { isOver = true } }
        defer { if let timer { loop.cancel(timer) } }
        loop.run { messages.isEmpty && !isOver }
        return messages.isEmpty ? nil : messages.removeFirst()
    }
}
