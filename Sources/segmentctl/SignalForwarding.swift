import Glibc
import Synchronization

/// Passes on INT, TERM and HUP.
///
/// The terminal sends a signal to its whole foreground group, the command included: only those of other processes
/// are passed on.
enum SignalForwarding {
    static let signals = [SIGINT, SIGTERM, SIGHUP]
    private static let target = Atomic<pid_t>(0)

    /// From now on the end of a child interrupts poll(2), and its exit status is kept; sigaction(2) of SIGCHLD.
    static func noticeEnd() {
        var action = sigaction()
        unsafe action.__sigaction_handler.sa_handler = { _ in }
        unsafe sigaction(SIGCHLD, &action, nil)
    }

    static func start(to process: pid_t) {
        target.store(process, ordering: .sequentiallyConsistent)
        for signal in signals {
            var action = sigaction()
            action.sa_flags = SA_SIGINFO
            unsafe action.__sigaction_handler.sa_sigaction = { signal, information, _ in
                guard let information = unsafe information, unsafe information.pointee.si_code <= 0 else {
                    return
                }
                let process = SignalForwarding.target.load(ordering: .sequentiallyConsistent)
                if process > 0 { kill(process, signal) }
            }
            unsafe sigaction(signal, &action, nil)
        }
    }

    /// The process is about to be waited for, after which its number is anybody's.
    static func stop() { target.store(0, ordering: .sequentiallyConsistent) }
}
