/// A queue for slow work of one kind, such as freeing pages or reading files, run in order by a single
/// thread.
///
/// The thread exists only while there is work, and a second longer.
package final class BackgroundQueue: Sendable {
    private struct State {
        var waiting: [@Sendable () -> Void] = []
        var isRunning = false
    }

    /// How long a thread waits for more work before it ends: creating one costs more than waking one.
    private static let idle = Duration.seconds(1)

    private let state = Monitor(State())

    package init() {}

    /// Queues `work`; returns false, and drops it, if no thread can be created.
    package func run(_ work: @escaping @Sendable () -> Void) -> Bool {
        var isTaken = true
        state.change { state in
            if !state.isRunning {
                isTaken = (try? Thread.detach { [self] in while let work = next() { work() } }) != nil
                state.isRunning = isTaken
            }
            if isTaken { state.waiting.append(work) }
        }
        return isTaken
    }

    /// Returns the next piece of work; nil if the thread is to end.
    private func next() -> (@Sendable () -> Void)? {
        let next = state.wait(atMost: Self.idle) { state in
            state.waiting.isEmpty ? nil : state.waiting.removeFirst()
        }
        if let next { return next }
        // More work may have arrived since.
        var late: (@Sendable () -> Void)?
        state.change { state in
            if state.waiting.isEmpty { state.isRunning = false } else { late = state.waiting.removeFirst() }
        }
        return late
    }
}
