import POSIX
package import SegmentModel
import SystemPackage

/// Records on a disk that may hang: each change runs on a background thread and is waited for up to a limit.
///
/// While a change that timed out is still running, every other change fails at once, so a hung disk costs its
/// caller one time limit in all. A change that timed out may still take effect, but never after a later one.
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
        // Only the thread leaves `asked`, and there is only one caller.
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
