package import SegmentModel
package import SystemPackage

/// Storage for the records: one file per segment on disk, a dictionary in tests.
package protocol SegmentRecords {
    /// Returns every readable record; the others are renamed and reported as set aside.
    func load() throws(RecordsError) -> LoadedRecords

    /// Writes a record completely or not at all.
    func write(_ record: SegmentRecord) throws(RecordsError)

    /// Removes a name's record; it is not an error if there is none.
    func remove(_ name: SegmentName) throws(RecordsError)
}

/// The records found at start.
package struct LoadedRecords: Equatable, Sendable {
    /// In order of name.
    package var records: [SegmentRecord]
    package var setAside: [RecordSetAside]

    package init(records: [SegmentRecord] = [], setAside: [RecordSetAside] = []) {
        self.records = records
        self.setAside = setAside
    }
}

/// A record that could not be used, and what happened to it.
package struct RecordSetAside: Equatable, Sendable {
    /// The file's original name.
    package var file: String
    /// The file's new name; nil if it could not be renamed and keeps its name.
    package var movedTo: String?
    package var defect: RecordDefect

    package init(file: String, movedTo: String?, defect: RecordDefect) {
        self.file = file
        self.movedTo = movedTo
        self.defect = defect
    }
}

extension RecordDefect: CustomStringConvertible {
    /// What is wrong with the record, as a predicate.
    package var description: String {
        switch self {
        case .unknownFormat(let format): "has format \(format.prefix(16)), which this version does not know,"
        case .damaged: "is damaged"
        }
    }
}

/// A failure to write, read or remove a record.
package struct RecordsError: Error, Equatable, Sendable {
    /// The system call that failed, such as `rename`.
    package var call: String
    package var path: String
    package var errno: Errno

    package init(call: String, path: String, errno: Errno) {
        self.call = call
        self.path = path
        self.errno = errno
    }
}

extension RecordsError: CustomStringConvertible {
    package var description: String { "\(call) \(path): \(errno)" }
}
