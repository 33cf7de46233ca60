import Glibc

/// What signals mean to the daemon; signal(7).
///
/// They are taken by sigwait(3) on the main thread, where no handler's rules apply. Swift concurrency would need
/// libdispatch, whose threads wake up every second even when there is nothing to do.
enum DaemonSignal {
    /// SIGTERM, SIGINT.
    case stop
    /// SIGUSR2: every segment is kept.
    case endForRestart
    /// SIGHUP.
    case reload
    /// SIGUSR1: another thread has something to tell.
    case wake

    /// Makes the signals wait for `next`.
    ///
    /// To be called before any thread is started, so that each inherits it; what comes earlier than anybody waits is
    /// not lost.
    static func hold() {
        var signals = set
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Waits for the next signal; nil where none comes in time; sigtimedwait(2).
    static func next(within limit: Duration? = nil) -> DaemonSignal? {
        var signals = set
        let end = limit.map { ContinuousClock.now + $0 }
        while true {
            let signal: Int32
            if let end {
                let (seconds, attoseconds) = max(.zero, end - .now).components
                var rest = timespec(tv_sec: Int(clamping: seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
                signal = unsafe sigtimedwait(&signals, nil, &rest)
            } else {
                signal = unsafe sigwaitinfo(&signals, nil)
            }
            switch signal {
            case SIGHUP: return .reload
            case SIGUSR2: return .endForRestart
            case SIGUSR1: return .wake
            case SIGTERM, SIGINT: return .stop
            // Interrupted, as by a debugger, or the time is over.
            default: if let end, end <= .now { return nil }
            }
        }
    }

    /// Makes the main thread's `next` return.
    static func wakeMain() {
        kill(getpid(), SIGUSR1)
    }

    private static var set: sigset_t {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        for signal in [SIGTERM, SIGINT, SIGUSR2, SIGHUP, SIGUSR1] { unsafe sigaddset(&signals, signal) }
        return signals
    }
}
