import EventLoop
import Glibc
import POSIX
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

/// What signals mean to the daemon; signal(7).
///
/// They are sources of the loop, where no handler's rules apply. Swift concurrency would need libdispatch, whose threads
/// wake up every second even when there is nothing to do.
enum DaemonSignal {
    /// SIGTERM, SIGINT.
    case stop
    /// SIGUSR2: every segment is kept.
    case endForRestart
    /// SIGHUP.
    case reload

    /// All that are held back; SIGUSR1 means nothing, and ends nothing.
    static let numbers: Set<Int32> = [SIGTERM, SIGINT, SIGUSR2, SIGHUP, SIGUSR1]

    init?(_ number: Int32) {
        switch number {
        case SIGHUP: self = .reload
        case SIGUSR2: self = .endForRestart
        case SIGTERM, SIGINT: self = .stop
        default: return nil
        }
    }

    /// Makes the signals wait for whoever takes them.
    ///
    /// To be called before any thread is started, so that each inherits it; what comes earlier than anybody waits is
    /// not lost.
    static func hold() {
        var signals = set
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        // A record that may not be so long is an error like others; setrlimit(2), RLIMIT_FSIZE.
        signal(SIGXFSZ, SIG_IGN)
    }

    /// Waits for the next signal that means something; nil where none comes in time; sigtimedwait(2).
    static func next(within limit: Duration) -> DaemonSignal? {
        var signals = set
        let deadline = Deadline(limit)
        while true {
            var rest = deadline.timespec
            if let signal = unsafe DaemonSignal(sigtimedwait(&signals, nil, &rest)) { return signal }
            if deadline.hasPassed { return nil }
        }
    }

    private static var set: sigset_t {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        for signal in numbers { unsafe sigaddset(&signals, signal) }
        return signals
    }
}
