package import NIOCore
import NIOPosix
import Synchronization

/// One thread for slow work of one kind: freeing pages, or reading files.
///
/// It exists from the beginning, so that no stop needs a new one, and nothing of another kind waits behind it.
package struct Worker: Sendable {
    private let pool: NIOThreadPool

    /// Starts the thread.
    package init() {
        pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
    }

    /// Runs `work` elsewhere and hands its outcome to `completion` on the event loop; nil where there is none within
    /// the time limit.
    package func run<Outcome: Sendable>(
        on eventLoop: any EventLoop,
        limit: Duration,
        _ work: @escaping @Sendable () -> Outcome,
        then completion: @escaping @Sendable (Outcome?) -> Void
    ) {
        let isOver = Flag()
        let timer = eventLoop.scheduleTask(in: .nanoseconds(limit.nanoseconds)) {
            if isOver.raise() { completion(nil) }
        }
        pool.submit { state in
            // Nobody waits any more for what was asked before the thread was held up.
            guard state == .active, !isOver.isRaised else { return }
            let outcome = work()
            eventLoop.execute {
                timer.cancel()
                if isOver.raise() { completion(outcome) }
            }
        }
    }

    /// Runs `work` elsewhere; nobody waits for it.
    package func run(_ work: @escaping @Sendable () -> Void) {
        pool.submit { state in
            guard state == .active else { return }
            work()
        }
    }

    private final class Flag: Sendable {
        private let value = Atomic(false)

        var isRaised: Bool { value.load(ordering: .relaxed) }

        /// False where it is raised already.
        func raise() -> Bool { !value.exchange(true, ordering: .relaxed) }
    }
}

extension Duration {
    /// Saturates.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, more) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflow || more ? (seconds < 0 ? .min : .max) : sum
    }
}
