import Glibc
import Synchronization

/// A thread that may block, unlike the threads of tests.
package final class Thread<Value>: @unchecked Sendable {
    private let result = Outcome()
    private let thread: pthread_t
    private var isJoined = false

    package init(_ body: @escaping () throws -> Value) {
        let result = result
        thread = startThread(
            Work {
                result.value = Result { try body() }
                result.isOver.raise()
            }
        )
    }

    // If nobody joins the thread, it must be detached.
    deinit { if !isJoined { pthread_detach(thread) } }

    /// Waits for the thread to end and returns its value; throws if it does not end within the time limit.
    package func value(timeLimit: Duration? = nil) throws -> Value {
        if let timeLimit { guard result.isOver.wait(timeLimit: timeLimit) else { throw StillRuns() } }
        if !isJoined { pthread_join(thread, nil) }
        isJoined = true
        guard let value = result.value else { throw NoResult() }
        return try value.get()
    }

    /// Whether it has ended.
    package var isOver: Bool { result.isOver.isRaised }

    private final class Outcome {
        var value: Result<Value, any Error>?
        let isOver = Latch()
    }

    private struct NoResult: Error {}
    private struct StillRuns: Error {}
}

private final class Work {
    let run: () -> Void

    init(_ run: @escaping () -> Void) { self.run = run }
}

private func startThread(_ work: Work) -> pthread_t {
    var thread = pthread_t()
    pthread_create(
        &thread,
        nil,
        { argument in
            if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run() }
            return nil
        },
        Unmanaged.passRetained(work).toOpaque()
    )
    return thread
}

/// A condition that one thread waits for another to raise.
package final class Latch: Sendable {
    private let state = Atomic(false)

    package init() {}

    package var isRaised: Bool { state.load(ordering: .sequentiallyConsistent) }

    package func raise() { state.store(true, ordering: .sequentiallyConsistent) }

    package func wait() { while !isRaised { usleep(100) } }

    /// Waits; returns whether it has been raised within the time limit.
    package func wait(timeLimit: Duration) -> Bool {
        let end = ContinuousClock.now + timeLimit
        while !isRaised, ContinuousClock.now < end { usleep(100) }
        return isRaised
    }
}
