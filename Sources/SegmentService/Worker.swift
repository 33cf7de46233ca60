package import NIOCore
import NIOPosix

/// One thread for slow kernel work: freeing pages, reading files, asking the name service.
package struct Worker: Sendable {
    private let pool: NIOThreadPool

    /// Starts the thread.
    package init() {
        pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
    }

    /// Runs `work` elsewhere and hands its outcome to `completion` on the event loop.
    package func run<Outcome: Sendable>(
        on eventLoop: any EventLoop,
        _ work: @escaping @Sendable () -> Outcome,
        then completion: @escaping @Sendable (Outcome) -> Void
    ) {
        pool.submit { state in
            guard state == .active else { return }
            let outcome = work()
            eventLoop.execute { completion(outcome) }
        }
    }

    /// Runs `work` elsewhere; nobody waits for it.
    package func run(_ work: @escaping @Sendable () -> Void) {
        pool.submit { state in
            guard state == .active else { return }
            work()
        }
    }
}
