import EventLoop
import POSIX

extension BackgroundQueue {
    /// Runs `work` and passes its outcome to `completion` on the loop; nil if there is none within the time
    /// limit.
    func run<Outcome: Sendable>(
        on loop: EventLoop,
        limit: Duration,
        _ work: @escaping @Sendable () -> Outcome,
        then completion: @escaping (Outcome?) -> Void
    ) {
        let isUnwanted = Monitor(false)
        let timer = LateTimer()
        let expected = loop.expect { (outcome: Outcome) in
            if let timer = timer.timer { loop.cancel(timer) }
            completion(outcome)
        }
        let isRunning = run {
            // Skip work that timed out while the thread was held up.
            if !isUnwanted.current { expected.send(work()) }
        }
        timer.timer = loop.schedule(after: isRunning ? limit : .zero) {
            isUnwanted.current = true
            if loop.forget(expected) { completion(nil) }
        }
    }

    private final class LateTimer {
        var timer: EventLoop.ScheduledTimer?
    }
}
