import Glibc

/// Kill -9 at a moment that is known to the microsecond: timer_create(2).
///
/// The kernel sends the signal by itself, so that neither another process nor a thread has to get a processor first.
struct Death {
    /// From when on the rest of the life is counted.
    enum Beginning: String {
        case opening, finishing
    }

    let beginning: Beginning
    let life: Duration

    /// Tells how far the process has come.
    func begins(at beginning: Beginning) {
        if beginning == self.beginning { startTimer() }
    }

    private func startTimer() {
        var event = sigevent()
        event.sigev_notify = Int32(SIGEV_SIGNAL)
        event.sigev_signo = SIGKILL
        var timer: timer_t?
        // The first one's number is 0, which Swift takes for nil.
        guard timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 else { exit(2) }
        let (seconds, attoseconds) = life.components
        // 0 would be never.
        let moment = timespec(tv_sec: Int(seconds), tv_nsec: max(1, Int(attoseconds / 1_000_000_000)))
        var setting = itimerspec(it_interval: timespec(), it_value: moment)
        guard timer_settime(timer, 0, &setting, nil) == 0 else { exit(2) }
    }
}
