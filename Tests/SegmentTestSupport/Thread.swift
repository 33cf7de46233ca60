import Glibc
import Synchronization

/// A thread that may block, which those of the tests must not.
package final class Thread<Value>: @unchecked Sendable {
    private let result = Outcome()
    private let thread: pthread_t

    package init(_ body: @escaping () throws -> Value) {
        let result = result
        thread = startThread(Work { result.value = Result { try body() } })
    }

    /// Waits for its end.
    package func value() throws -> Value {
        pthread_join(thread, nil)
        guard let value = result.value else { throw NoResult() }
        return try value.get()
    }

    private final class Outcome {
        var value: Result<Value, any Error>?
    }

    private struct NoResult: Error {}
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

/// Something that one thread waits for another to do.
package final class Latch: Sendable {
    private let isRaised = Atomic(false)

    package init() {}

    package func raise() { isRaised.store(true, ordering: .sequentiallyConsistent) }

    package func wait() { while !isRaised.load(ordering: .sequentiallyConsistent) { usleep(100) } }
}
