import SegmentModel
import SegmentRecords
import SystemPackage

/// Records in a dictionary, on a disk that may be full.
package final class MemoryRecords: SegmentRecords {
    package var records: [SegmentName: SegmentRecord] = [:]
    package var isFull = false

    package init() {}

    package func load() throws(RecordsError) -> LoadedRecords {
        LoadedRecords(records: records.values.sorted { $0.name < $1.name })
    }

    package func write(_ record: SegmentRecord) throws(RecordsError) {
        guard !isFull else { throw RecordsError(call: "write", path: "state", errno: .noSpace) }
        records[record.name] = record
    }

    package func remove(_ name: SegmentName) throws(RecordsError) {
        records[name] = nil
    }
}
