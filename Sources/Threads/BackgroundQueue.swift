import Synchronization

/// Slow work of one kind, such as freeing pages or reading files, done one after the other by a thread that is there
/// only while there is some.
package final class BackgroundQueue: Sendable {
    private struct State {
        var waiting: [@Sendable () -> Void] = []
        var isRunning = false
    }

    private let state = Mutex(State())

    package init() {}

    /// Has `work` done; false, and it is not, where there is no room for a thread.
    package func run(_ work: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            if state.isRunning {
                state.waiting.append(work)
            } else {
                state.isRunning = DetachedThread.start { [self] in
                    work()
                    while let next = next() { next() }
                }
            }
            return state.isRunning
        }
    }

    private func next() -> (@Sendable () -> Void)? {
        state.withLock { state in
            state.isRunning = !state.waiting.isEmpty
            return state.waiting.isEmpty ? nil : state.waiting.removeFirst()
        }
    }
}
