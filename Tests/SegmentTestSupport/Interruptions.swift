import Glibc
import Synchronization

/// Interrupts a thread with a handled signal every millisecond while `body` runs in it; the handler is installed
/// without SA_RESTART.
package func interrupted<Value>(_ body: @escaping () throws -> Value) throws -> Value {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in _ = interruptions.add(1, ordering: .relaxed) }
    sigaction(SIGUSR1, &action, nil)
    let began = Latch()
    let isOver = Latch()
    let identity = Mutex<pthread_t>(pthread_t())
    let thread = Thread { () throws -> Value in
        defer { isOver.raise() }
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGUSR1)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        identity.withLock { $0 = pthread_self() }
        began.raise()
        return try body()
    }
    began.wait()
    while !isOver.isRaised {
        pthread_kill(identity.withLock { $0 }, SIGUSR1)
        usleep(1000)
    }
    return try thread.value()
}

private let interruptions = Atomic(0)

/// How many signals have been handled in this process.
package var handledInterruptions: Int { interruptions.load(ordering: .relaxed) }
