import SegmentModel
import SegmentRecords
import SystemPackage

/// Records as a broker sees them that hangs by a lifeline.
package final class MortalRecords: SegmentRecords {
    private let base: MemoryRecords
    private let lifeline: Lifeline

    package init(_ base: MemoryRecords, _ lifeline: Lifeline) {
        (self.base, self.lifeline) = (base, lifeline)
    }

    package func load() throws(RecordsError) -> LoadedRecords {
        try call(.loadRecords) { () throws(RecordsError) in try base.load() }
    }

    package func write(_ record: SegmentRecord) throws(RecordsError) {
        try call(.writeRecord(record)) { () throws(RecordsError) in try base.write(record) }
    }

    package func remove(_ name: SegmentName) throws(RecordsError) {
        try call(.removeRecord(name)) { () throws(RecordsError) in try base.remove(name) }
    }

    private func call<Value>(
        _ call: OutsideCall,
        _ body: () throws(RecordsError) -> Value
    ) throws(RecordsError) -> Value {
        do throws(Errno) { try lifeline.enter(call) } catch { throw failure(call, error) }
        let result = Result<Value, RecordsError>(catching: body)
        do throws(Errno) { try lifeline.leave(call) } catch { throw failure(call, error) }
        return try result.get()
    }

    private func failure(_ call: OutsideCall, _ errno: Errno) -> RecordsError {
        RecordsError(call: call.word.rawValue, path: "state", errno: errno)
    }
}
