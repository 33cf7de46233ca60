import Glibc

/// Runs the body of a C function without being cancelled in it; pthread_setcancelstate(3).
///
/// A thread that is cancelled inside would leave locks held. It ends at its next cancellation point after the call.
func withoutCancellation<Result>(_ body: () -> Result) -> Result {
    var state: Int32 = 0
    unsafe pthread_setcancelstate(Int32(PTHREAD_CANCEL_DISABLE), &state)
    defer { pthread_setcancelstate(state, nil) }
    return body()
}

/// Runs a body that may write to a pipe or socket without a reader: it gets EPIPE, and the program no SIGPIPE.
///
/// The signal goes to the writing thread: it is blocked meanwhile, and consumed if it came; signal(7). A SIGPIPE that was
/// pending before is left alone.
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
