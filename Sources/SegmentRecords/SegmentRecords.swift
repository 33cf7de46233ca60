package import SegmentModel
package import SystemPackage

/// Where the records live.
///
/// One file a segment on disk; a dictionary in tests.
package protocol SegmentRecords {
    /// Every record that can be read; the others are set aside under another name and told of.
    func load() throws(RecordsError) -> LoadedRecords

    /// Writes a record whole or not at all.
    func write(_ record: SegmentRecord) throws(RecordsError)

    /// Forgets a name. It is no error if there is no record.
    func remove(_ name: SegmentName) throws(RecordsError)
}

/// What the records say at start.
package struct LoadedRecords: Equatable, Sendable {
    /// In order of name.
    package var records: [SegmentRecord]
    package var setAside: [RecordSetAside]

    package init(records: [SegmentRecord] = [], setAside: [RecordSetAside] = []) {
        self.records = records
        self.setAside = setAside
    }
}

/// A record that could not be used, and what became of it.
package struct RecordSetAside: Equatable, Sendable {
    /// The file's name before.
    package var file: String
    /// The file's name now; nil where the disk refuses and it stays as it is.
    package var movedTo: String?
    package var defect: RecordDefect

    package init(file: String, movedTo: String?, defect: RecordDefect) {
        self.file = file
        self.movedTo = movedTo
        self.defect = defect
    }
}

/// A record that could not be written, read or removed.
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
