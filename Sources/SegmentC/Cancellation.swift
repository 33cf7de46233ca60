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
