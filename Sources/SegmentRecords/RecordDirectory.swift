import POSIX
import PrintableText
package import SegmentModel
package import SystemPackage

/// Records as files in a directory, which one daemon at a time may lock.
///
/// A file is replaced by rename(2), or overwritten in memory, without fsync(2): records need not outlive the
/// segments.
package final class RecordDirectory: SegmentRecords, Sendable {
    private static let suffix = ".record"
    /// In bytes: longer than any record, even one with much former memory.
    private static let longest = 16_384
    /// The smallest page of memory, in bytes.
    private static let page = 4096
    private let path: String
    private let directory: Directory
    private let lock: FileDescriptor
    /// Whether the directory is on a memory file system, which answers at once.
    package let isInMemory: Bool

    /// Opens the directory, creating it (mode 0700) if missing, and locks it; open(2), flock(2).
    ///
    /// It must belong to the caller, must not be a link, and must be closed to all others, since anyone who
    /// can write records decides what the broker removes.
    package init(_ path: FilePath) throws(RecordDirectoryError) {
        func failed(_ call: String, _ file: String, _ errno: Errno) -> RecordDirectoryError {
            .records(RecordsError(call: call, path: path.string + file, errno: errno))
        }
        self.path = path.string
        do throws(Errno) { try path.makeDirectory(.ownerReadWriteExecute) } catch {
            if error != .fileExists { throw failed("mkdir", "", error) }
        }
        do throws(Errno) { directory = try Directory(path) } catch {
            // Also reported for a link.
            if error == .notDirectory || error == .tooManySymbolicLinkLevels {
                throw .exposed(path: path.string, .notADirectory)
            }
            throw failed("open", "", error)
        }
        let status: Stat
        do throws(Errno) { status = try directory.descriptor.stat() } catch {
            throw failed("stat", "", error)
        }
        isInMemory = directory.descriptor.isInMemory
        if let exposure = Self.exposure(status) { throw .exposed(path: path.string, exposure) }
        do throws(Errno) {
            lock = try directory.open(".lock", .readWrite, .create, permissions: .ownerReadWrite)
        } catch { throw failed("open", "/.lock", error) }
        guard lock.tryLock() else {
            try? lock.close()
            throw .inUse(path: path.string)
        }
    }

    deinit { try? lock.close() }

    package func load() throws(RecordsError) -> LoadedRecords {
        var loaded = LoadedRecords()
        for file in try fileNames() {
            guard let stem = file.stem else {
                loaded.setAside.append(RecordSetAside(file: file.shown, movedTo: nil, defect: .damaged))
                continue
            }
            let text = try contents(of: stem + Self.suffix)
            // The daemon was killed before it wrote the record, and so before it created a segment.
            if text == "" {
                try? directory.unlink(stem + Self.suffix)
                continue
            }
            do throws(RecordDefect) {
                guard let text else { throw .damaged }
                let record = try SegmentRecord(text: text)
                guard record.name.string == stem else { throw .damaged }
                loaded.records.append(record)
            } catch {
                let aside = stem + ".set-aside"
                let isMoved = (try? directory.rename(stem + Self.suffix, to: aside)) != nil
                loaded.setAside.append(
                    RecordSetAside(
                        file: file.shown,
                        movedTo: isMoved ? aside.printable : nil,
                        defect: error
                    )
                )
            }
        }
        loaded.records.sort { $0.name < $1.name }
        return loaded
    }

    package func write(_ record: SegmentRecord) throws(RecordsError) {
        let name = record.name.string + Self.suffix
        let text = record.text
        guard text.utf8.count <= Self.longest else { throw failure("write", name, .fileTooLarge) }
        if isInMemory, try writeInPlace(name, text) { return }
        try replace(name, with: text)
    }

    /// Creates or overwrites a record in one system call; returns false if that is not as safe as renaming.
    ///
    /// In memory, up to a page is written completely or not at all, however the process ends, and a record
    /// needs no more space than it has. Creating a file only to replace another takes a fifth of a start.
    private func writeInPlace(_ name: String, _ text: String) throws(RecordsError) -> Bool {
        guard text.utf8.count <= Self.page else { return false }
        let options: FileDescriptor.OpenOptions = [.create, .nonBlocking]
        guard let file = try? directory.open(name, .readWrite, options, permissions: .ownerReadWrite) else {
            return false
        }
        defer { try? file.close() }
        let status = try perform("stat", name) { () throws(Errno) in try file.stat() }
        // The rest of a longer record would be read, too, and another link to the file would show the new one.
        guard status.type == .regular, status.linkCount == 1,
            status.userID.rawValue == ThisProcess.effectiveUserID, status.size <= text.utf8.count,
            let before = try? file.contents(atMost: Int(status.size))
        else { return false }
        do throws(RecordsError) {
            try perform("write", name) { () throws(Errno) in try write(text, to: file) }
            return true
        } catch {
            // A limit on the size of files cuts a write short.
            if before.isEmpty {
                try? directory.unlink(name)
            } else {
                try? write(String(decoding: before, as: UTF8.self), to: file)
                try? file.resize(to: Int64(before.count))
            }
            throw error
        }
    }

    private func replace(_ name: String, with text: String) throws(RecordsError) {
        let temporary = ".new"
        let file = try perform("open", temporary) { () throws(Errno) in
            try directory.open(
                temporary,
                .writeOnly,
                [.create, .truncate, .nonBlocking],
                permissions: .ownerReadWrite
            )
        }
        do throws(RecordsError) {
            defer { try? file.close() }
            try perform("write", temporary) { () throws(Errno) in
                try write(text, to: file)
            }
        } catch {
            try? directory.unlink(temporary)
            throw error
        }
        try perform("rename", name) { () throws(Errno) in try directory.rename(temporary, to: name) }
    }

    /// Writes a text from the beginning of a file.
    private func write(_ text: String, to file: FileDescriptor) throws(Errno) {
        let count = try unsafe text.utf8Span.span.withUnsafeBytes { bytes throws(Errno) in
            try unsafe file.writeOnce(bytes, at: 0)
        }
        if count < text.utf8.count { throw .noSpace }
    }

    package func remove(_ name: SegmentName) throws(RecordsError) {
        let file = name.string + Self.suffix
        do throws(Errno) { try directory.unlink(file) } catch {
            if error != .noSuchFileOrDirectory { throw failure("unlink", file, error) }
        }
    }

    private func perform<Result>(
        _ call: String,
        _ file: String,
        _ body: () throws(Errno) -> Result
    ) throws(RecordsError) -> Result {
        do throws(Errno) { return try body() } catch { throw failure(call, file, error) }
    }

    private func failure(_ call: String, _ file: String, _ errno: Errno) -> RecordsError {
        RecordsError(call: call, path: path + "/" + file, errno: errno)
    }

    /// Returns how others could change the records; nil if they cannot.
    private static func exposure(_ directory: Stat) -> RecordDirectoryExposure? {
        let user = ThisProcess.effectiveUserID, owner = directory.userID.rawValue
        if owner != user { return .foreignOwner(owner, wanted: user) }
        let mode = directory.permissions
        return mode.rawValue & 0o077 == 0 ? nil : .open(mode: mode)
    }

    /// Returns the record's text, or nil if the file is not a record: a link, not a regular file, another
    /// user's, not UTF-8, or too long.
    ///
    /// A file that cannot be read is an error and stays in place.
    private func contents(of name: String) throws(RecordsError) -> String? {
        let file: FileDescriptor
        do throws(Errno) { file = try directory.open(name, .readOnly, .nonBlocking) } catch {
            // A link; a socket.
            if error == .tooManySymbolicLinkLevels || error == .noSuchAddressOrDevice { return nil }
            throw failure("open", name, error)
        }
        defer { try? file.close() }
        let status = try perform("stat", name) { () throws(Errno) in try file.stat() }
        guard status.type == .regular, status.userID.rawValue == ThisProcess.effectiveUserID,
            status.size <= Self.longest
        else { return nil }
        let bytes = try perform("read", name) { () throws(Errno) in
            try file.contents(atMost: Int(status.size))
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// The name of a file with a record's suffix.
    private struct FileName {
        /// The name without the suffix; nil if it is not UTF-8, so that it is never mistaken for another
        /// file.
        var stem: String?
        var shown: String
    }

    private func fileNames() throws(RecordsError) -> [FileName] {
        let entries = try perform("readdir", "") { () throws(Errno) in try directory.entries() }
        return entries.filter { $0.name.suffix(Self.suffix.utf8.count).elementsEqual(Self.suffix.utf8) }.map {
            let stem = String(validating: $0.name.dropLast(Self.suffix.utf8.count), as: UTF8.self)
            return FileName(stem: stem, shown: String(decoding: $0.name, as: UTF8.self).printable)
        }
    }
}

/// The reason no record can be used.
package enum RecordDirectoryError: Error, Equatable, Sendable {
    /// Another daemon holds the lock.
    case inUse(path: String)
    /// Other users could have written, or can write, the records.
    case exposed(path: String, RecordDirectoryExposure)
    case records(RecordsError)
}

/// The reason users other than the daemon's could write records.
package enum RecordDirectoryExposure: Equatable, Sendable {
    /// It is a link or not a directory.
    case notADirectory
    /// It belongs to the first user, not to the second.
    case foreignOwner(UInt32, wanted: UInt32)
    /// Its mode grants access to the group or to others.
    case open(mode: FilePermissions)
}
