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

    /// Makes the signals wait for `next`.
    ///
    /// To be called before any thread is started, so that each inherits it; what comes earlier than anybody waits is
    /// not lost.
    static func hold() {
        var signals = set
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Waits for the next signal.
    static func next() -> DaemonSignal {
        var signals = set
        var signal: Int32 = 0
        while unsafe sigwait(&signals, &signal) != 0 {}
        return switch signal {
        case SIGHUP: .reload
        case SIGUSR2: .endForRestart
        default: .stop
        }
    }

    private static var set: sigset_t {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        for signal in [SIGTERM, SIGINT, SIGUSR2, SIGHUP] { unsafe sigaddset(&signals, signal) }
        return signals
    }
}
