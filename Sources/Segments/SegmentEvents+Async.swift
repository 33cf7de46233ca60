import POSIX
public import SegmentModel
import Synchronization
import SystemPackage

extension SegmentEvents: AsyncSequence {
    /// Begins to wait for events in a task; a cancelled task gets no more.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(events: self) }

    /// Waits for one event after the other.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let events: SegmentEvents

        /// Waits for the next event, also while the daemon is away; nil once the task is cancelled.
        ///
        /// - Throws: What ``SegmentEvents/next(timeout:)`` throws without a timeout.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(SegmentClientError) -> SegmentEvent? {
            // Most events of a snapshot are there already.
            do throws(SegmentClientError) { return try events.nextWithoutWaiting() } catch {
                guard error == .timedOut else { throw error }
            }
            let wait = EventWait(events)
            return try await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    wait.start { continuation.resume(returning: $0) }
                }
            } onCancel: {
                wait.cancel()
            }
            .get()
        }
    }
}

/// The wait for one event on a thread of its own, so that no thread of Swift's concurrency is held up.
private final class EventWait: Sendable {
    private let events: SegmentEvents
    private let isCancelled = Atomic(false)

    init(_ events: SegmentEvents) {
        self.events = events
    }

    /// Calls `completion` once, on another thread or, if there is no room for one, on this.
    func start(_ completion: @escaping @Sendable (Result<SegmentEvent?, SegmentClientError>) -> Void) {
        do throws(Errno) {
            try Thread.detach { completion(self.event()) }
        } catch {
            completion(.failure(.systemCall("pthread_create", error)))
        }
    }

    private func event() -> Result<SegmentEvent?, SegmentClientError> {
        do throws(SegmentClientError) {
            return .success(
                try events.next(.never, unless: { isCancelled.load(ordering: .sequentiallyConsistent) })
            )
        } catch {
            return .failure(error)
        }
    }

    /// Either the thread sees the flag before it waits, or its wait is interrupted.
    func cancel() {
        isCancelled.store(true, ordering: .sequentiallyConsistent)
        events.interrupt()
    }
}
