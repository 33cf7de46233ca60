import SegmentModel
import SegmentRecords
import SystemPackage

/// Records in a dictionary, on a disk that may be full, or refuse every change.
package final class MemoryRecords: SegmentRecords {
    package var records: [SegmentName: SegmentRecord] = [:]
    /// What each write meets, such as ENOSPC.
    package var writeFailure: Errno?
    /// What each removal meets, such as EROFS.
    package var removalFailure: Errno?
    /// Set aside and told of by the next `load`.
    package var damaged: [RecordSetAside] = []

    package init() {}

    package var isFull: Bool {
        get { writeFailure != nil }
        set { writeFailure = newValue ? .noSpace : nil }
    }

    /// What is on the disk under a name cannot be read any more.
    package func damage(_ name: SegmentName, _ defect: RecordDefect = .damaged) {
        records[name] = nil
        damaged.append(
            RecordSetAside(file: "\(name).record", movedTo: "\(name).set-aside", defect: defect)
        )
    }

    package func load() throws(RecordsError) -> LoadedRecords {
        defer { damaged = [] }
        return LoadedRecords(
            records: records.values.sorted { $0.name < $1.name },
            setAside: damaged
        )
    }

    package func write(_ record: SegmentRecord) throws(RecordsError) {
        if let writeFailure { throw RecordsError(call: "write", path: "state", errno: writeFailure) }
        records[record.name] = record
    }

    package func remove(_ name: SegmentName) throws(RecordsError) {
        guard records[name] != nil else { return }
        if let removalFailure { throw RecordsError(call: "unlink", path: "state", errno: removalFailure) }
        records[name] = nil
    }
}
