import SegmentModel
import SegmentRecords
import SystemPackage

/// Records in a dictionary that stands for a disk, which may be full or refuse every change.
package final class MemoryRecords: SegmentRecords {
    package var records: [SegmentName: SegmentRecord] = [:]
    /// The errno of each write, such as ENOSPC.
    package var writeFailure: Errno?
    /// The errno of each removal, such as EROFS.
    package var removalFailure: Errno?
    /// Records that the next `load` sets aside and reports.
    package var damaged: [RecordSetAside] = []

    package init() {}

    package var isFull: Bool {
        get { writeFailure != nil }
        set { writeFailure = newValue ? .noSpace : nil }
    }

    /// Makes a record unreadable.
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
