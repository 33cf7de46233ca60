import NIOConcurrencyHelpers
import NIOPosix
package import SegmentModel
import SystemPackage

/// Records on a disk that may not answer: each change is made by a thread of its own, and waited for no longer than
/// the limit.
///
/// While one is under way that was given up, every other fails at once, so that such a disk costs a caller one limit
/// in all. What was given up may still take place; nothing later does before it.
package final class TimedRecords: SegmentRecords, Sendable {
    private let base: any SegmentRecords & Sendable
    private let limit: Duration
    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let exchange = Exchange()

    private final class Exchange: @unchecked Sendable {
        enum State { case idle, asked, done }
        let lock = ConditionLock(value: State.idle)
        /// Both are guarded by the lock.
        var operation: (() throws(RecordsError) -> Void)?
        var outcome: Result<Void, RecordsError>?
    }

    /// Starts the thread.
    package init(_ base: any SegmentRecords & Sendable, limit: Duration) {
        self.base = base
        self.limit = limit
        thread.start()
        thread.submit { [exchange] status in
            guard status == .active else { return }
            while true {
                exchange.lock.lock(whenValue: .asked)
                let operation = exchange.operation
                exchange.lock.unlock()
                let outcome = Result { () throws(RecordsError) in
                    if let operation { try operation() }
                }
                exchange.lock.lock()
                exchange.outcome = outcome
                exchange.lock.unlock(withValue: .done)
            }
        }
    }

    package func load() throws(RecordsError) -> LoadedRecords { try base.load() }

    package func write(_ record: SegmentRecord) throws(RecordsError) {
        try perform("write", record.name) { [base] () throws(RecordsError) in try base.write(record) }
    }

    package func remove(_ name: SegmentName) throws(RecordsError) {
        try perform("unlink", name) { [base] () throws(RecordsError) in try base.remove(name) }
    }

    private func perform(
        _ call: String,
        _ name: SegmentName,
        _ operation: @escaping () throws(RecordsError) -> Void
    ) throws(RecordsError) {
        let unanswered = RecordsError(call: call, path: "\(name)", errno: .timedOut)
        let lock = exchange.lock
        // The thread alone ends what was asked, and nobody else asks.
        guard lock.value != .asked else { throw unanswered }
        lock.lock()
        exchange.operation = operation
        lock.unlock(withValue: .asked)
        guard lock.lock(whenValue: .done, timeoutSeconds: limit / .seconds(1)) else { throw unanswered }
        let outcome = exchange.outcome
        lock.unlock(withValue: .idle)
        try outcome?.get()
    }
}
