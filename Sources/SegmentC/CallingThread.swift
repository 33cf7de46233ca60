import Glibc

/// Runs what a function of the C library does without being cancelled in it; pthread_setcancelstate(3).
///
/// A cancelled thread would leave locks behind that nobody opens. It ends at its next cancellation point after the
/// call.
func withoutCancellation<Result>(_ body: () -> Result) -> Result {
    var state: Int32 = 0
    unsafe pthread_setcancelstate(Int32(PTHREAD_CANCEL_DISABLE), &state)
    defer { pthread_setcancelstate(state, nil) }
    return body()
}

/// Writes to pipes and sockets that nobody reads, where EPIPE is told and no SIGPIPE comes.
///
/// The signal is for the thread that writes: it is held back meanwhile, and taken away if it has come; signal(7). One
/// that waited before is left.
func withoutPipeSignal<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
    var signal = sigset_t(), waiting = sigset_t(), mask = sigset_t()
    unsafe sigemptyset(&signal)
    unsafe sigaddset(&signal, SIGPIPE)
    unsafe sigpending(&waiting)
    unsafe pthread_sigmask(SIG_BLOCK, &signal, &mask)
    defer {
        if unsafe sigismember(&waiting, SIGPIPE) == 0 {
            var now = timespec()
            while unsafe sigtimedwait(&signal, nil, &now) < 0, errno == EINTR {}
        }
        unsafe pthread_sigmask(SIG_SETMASK, &mask, nil)
    }
    return try body()
}
