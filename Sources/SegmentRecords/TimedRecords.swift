import POSIX
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
    private let queue = BackgroundQueue()
    private let exchange = Monitor(State.idle)

    private enum State: Sendable {
        case idle
        case asked
        case done(Result<Void, RecordsError>)
    }

    package init(_ base: any SegmentRecords & Sendable, limit: Duration) {
        self.base = base
        self.limit = limit
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
        _ operation: @escaping @Sendable () throws(RecordsError) -> Void
    ) throws(RecordsError) {
        let unanswered = RecordsError(call: call, path: "\(name)", errno: .timedOut)
        // The thread alone ends what was asked, and nobody else asks.
        if case .asked = exchange.current { throw unanswered }
        exchange.change { $0 = .asked }
        let isAsked = queue.run { [exchange] in
            let outcome = Result { () throws(RecordsError) in try operation() }
            exchange.change { $0 = .done(outcome) }
        }
        guard isAsked else {
            exchange.change { $0 = .idle }
            throw RecordsError(call: call, path: "\(name)", errno: .resourceTemporarilyUnavailable)
        }
        let outcome: Result<Void, RecordsError>? = exchange.wait(atMost: limit) { state in
            guard case .done(let outcome) = state else { return nil }
            state = .idle
            return outcome
        }
        guard let outcome else { throw unanswered }
        try outcome.get()
    }
}
