/// Slow work of one kind, such as freeing pages or reading files, done one after the other by a thread that is there
/// only while there is some, and a second longer.
package final class BackgroundQueue: Sendable {
    private struct State {
        var waiting: [@Sendable () -> Void] = []
        var isRunning = false
    }

    /// How long a thread waits for more before it ends: a new one costs more than to wake this one.
    private static let idle = Duration.seconds(1)

    private let state = Monitor(State())

    package init() {}

    /// Has `work` done; false, and it is not, where there is no room for a thread.
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

    /// Nil once the thread is to end.
    private func next() -> (@Sendable () -> Void)? {
        let next = state.wait(atMost: Self.idle) { state in
            state.waiting.isEmpty ? nil : state.waiting.removeFirst()
        }
        if let next { return next }
        // Something may have come since.
        var late: (@Sendable () -> Void)?
        state.change { state in
            if state.waiting.isEmpty { state.isRunning = false } else { late = state.waiting.removeFirst() }
        }
        return late
    }
}
