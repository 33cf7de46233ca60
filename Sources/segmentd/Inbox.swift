import EventLoop
import Glibc
import POSIX
import SystemPackage

/// The messages that the main thread waits for while its loop turns: signals, and the progress of a start or
/// stop.
final class Inbox<Message> {
    private let loop: EventLoop
    private var messages: [Message] = []
    private var signals: EventSource?
    /// Whether to keep turning the loop: there is no message yet, and time is left.
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

    /// Turns the loop until there is a message; returns nil if none arrives in time.
    func next(within limit: Duration? = nil) -> Message? {
        isWaiting = messages.isEmpty
        let timer = limit.map { limit in loop.schedule(after: limit) { self.isWaiting = false } }
        defer { if let timer { loop.cancel(timer) } }
        loop.run { isWaiting }
        return messages.isEmpty ? nil : messages.removeFirst()
    }
}

/// The meanings of signals to the daemon; signal(7).
///
/// Signals are sources of the loop, so the restrictions on signal handlers do not apply. Swift concurrency
/// would need libdispatch, whose threads wake up every second even when idle.
enum DaemonSignal {
    /// SIGTERM, SIGINT.
    case stop
    /// SIGUSR2: ends and keeps every segment.
    case endForRestart
    /// SIGHUP.
    case reload

    /// All signals that are blocked; SIGUSR1 is blocked only to be ignored.
    static let numbers: Set<Int32> = [SIGTERM, SIGINT, SIGUSR2, SIGHUP, SIGUSR1]

    init?(_ number: Int32) {
        switch number {
        case SIGHUP: self = .reload
        case SIGUSR2: self = .endForRestart
        case SIGTERM, SIGINT: self = .stop
        default: return nil
        }
    }

    /// Blocks the signals, so that none is lost before the loop or `next` receives them.
    ///
    /// Call before any thread is started, so that each inherits the mask.
    static func hold() {
        var signals = set
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        // Writing a record beyond the file size limit fails with an ordinary error; setrlimit(2),
        // RLIMIT_FSIZE.
        signal(SIGXFSZ, SIG_IGN)
    }

    /// Waits for the next signal that has a meaning; returns nil if none arrives in time; sigtimedwait(2).
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
