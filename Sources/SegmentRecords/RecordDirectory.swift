import CLinux
import Glibc
import PrintableText
package import SegmentModel
package import SystemPackage

/// The records as files of one directory, which one daemon at a time may hold.
///
/// Files are replaced by rename(2) without fsync(2): they live and die with the segments, in memory.
package final class RecordDirectory: SegmentRecords, Sendable {
    private static let suffix = ".record"
    /// In bytes: no record is longer, even of much former memory.
    private static let longest = 16_384
    private let path: String
    private let directory: Int32
    private let lock: Int32

    /// Opens the directory, making it (mode 0700) where it is missing, and locks it; open(2), flock(2).
    ///
    /// It must be the caller's own, no link, and closed to all others: whoever writes a record there says what the
    /// broker removes.
    package init(_ path: FilePath) throws(RecordDirectoryError) {
        self.path = path.string
        if unsafe mkdir(self.path, 0o700) != 0, errno != EEXIST {
            throw .records(RecordsError(call: "mkdir", path: self.path, errno: Errno(rawValue: errno)))
        }
        directory = unsafe open(self.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
        guard directory >= 0 else {
            // Of a link, too.
            if errno == ENOTDIR || errno == ELOOP { throw .exposed(path: self.path, .notADirectory) }
            throw .records(RecordsError(call: "open", path: self.path, errno: Errno(rawValue: errno)))
        }
        do throws(RecordDirectoryError) {
            if let exposure = try Self.exposure(of: directory, path: self.path) {
                throw .exposed(path: self.path, exposure)
            }
        } catch {
            close(directory)
            throw error
        }
        lock = unsafe openat(directory, ".lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard lock >= 0 else {
            let error = RecordsError(call: "open", path: self.path + "/.lock", errno: Errno(rawValue: errno))
            close(directory)
            throw .records(error)
        }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            close(directory)
            throw .inUse(path: self.path)
        }
    }

    deinit {
        close(lock)
        close(directory)
    }

    /// Whether the directory is of memory, tmpfs(5), which answers at once; statfs(2).
    package var isInMemory: Bool { clinux_is_in_memory(directory) != 0 }

    package func load() throws(RecordsError) -> LoadedRecords {
        var loaded = LoadedRecords()
        for file in try fileNames() {
            guard let stem = file.stem else {
                loaded.setAside.append(RecordSetAside(file: file.shown, movedTo: nil, defect: .damaged))
                continue
            }
            let text = try contents(of: stem + Self.suffix)
            do throws(RecordDefect) {
                guard let text else { throw .damaged }
                let record = try SegmentRecord(text: text)
                guard record.name.string == stem else { throw .damaged }
                loaded.records.append(record)
            } catch {
                let aside = stem + ".set-aside"
                let isMoved = unsafe renameat(directory, stem + Self.suffix, directory, aside) == 0
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
        var text = record.text
        guard text.utf8.count <= Self.longest else {
            errno = EFBIG
            throw failure("write", record.name.string + Self.suffix)
        }
        let temporary = ".new"
        let file = unsafe openat(
            directory,
            temporary,
            O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
            0o600
        )
        guard file >= 0 else { throw failure("open", temporary) }
        let written = text.withUTF8 { bytes in
            let count = unsafe Glibc.write(file, bytes.baseAddress, bytes.count)
            if count >= 0, count < bytes.count { errno = ENOSPC }
            return count == bytes.count
        }
        let cause = errno
        close(file)
        guard written else {
            unsafe unlinkat(directory, temporary, 0)
            errno = cause
            throw failure("write", temporary)
        }
        guard unsafe renameat(directory, temporary, directory, record.name.string + Self.suffix) == 0 else {
            throw failure("rename", record.name.string + Self.suffix)
        }
    }

    package func remove(_ name: SegmentName) throws(RecordsError) {
        guard unsafe unlinkat(directory, name.string + Self.suffix, 0) == 0 || errno == ENOENT else {
            throw failure("unlink", name.string + Self.suffix)
        }
    }

    private func failure(_ call: String, _ file: String) -> RecordsError {
        RecordsError(call: call, path: path + "/" + file, errno: Errno(rawValue: errno))
    }

    /// Who else may change the records; nil where nobody may.
    private static func exposure(
        of directory: Int32,
        path: String
    ) throws(RecordDirectoryError) -> RecordDirectoryExposure? {
        var file = stat()
        guard unsafe fstat(directory, &file) == 0 else {
            throw .records(RecordsError(call: "stat", path: path, errno: Errno(rawValue: errno)))
        }
        if file.st_uid != geteuid() { return .foreignOwner(file.st_uid, wanted: geteuid()) }
        return file.st_mode & 0o077 == 0 ? nil : .open(mode: file.st_mode & 0o7777)
    }

    /// Nil if the file is no record: a link, no regular file, another user's, no text, or longer than any record.
    ///
    /// What cannot be read is an error, and stays.
    private func contents(of file: String) throws(RecordsError) -> String? {
        let descriptor = unsafe openat(directory, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            // A link; a socket.
            if errno == ELOOP || errno == ENXIO { return nil }
            throw failure("open", file)
        }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw failure("stat", file) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(),
            status.st_size <= Self.longest
        else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(clamping: max(0, status.st_size)))
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
        }
        guard count >= 0 else { throw failure("read", file) }
        return String(validating: bytes[..<count], as: UTF8.self)
    }

    /// What ends as a record does.
    private struct FileName {
        /// Nil if it is not UTF-8, so that no other file is taken for it.
        var stem: String?
        var shown: String
    }

    private func fileNames() throws(RecordsError) -> [FileName] {
        let duplicate = unsafe openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard duplicate >= 0 else { throw failure("open", "") }
        guard let stream = unsafe fdopendir(duplicate) else {
            let error = failure("fdopendir", "")
            close(duplicate)
            throw error
        }
        defer { unsafe closedir(stream) }
        var names: [FileName] = []
        errno = 0
        while let entry = unsafe readdir(stream) {
            let bytes = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe Array(bytes.prefix { $0 != 0 })
            }
            if bytes.count >= Self.suffix.utf8.count,
                bytes.suffix(Self.suffix.utf8.count).elementsEqual(Self.suffix.utf8)
            {
                let stem = String(validating: bytes.dropLast(Self.suffix.utf8.count), as: UTF8.self)
                names.append(FileName(stem: stem, shown: String(decoding: bytes, as: UTF8.self).printable))
            }
            errno = 0
        }
        guard errno == 0 else { throw failure("readdir", "") }
        return names
    }
}

/// Why the records cannot be used at all.
package enum RecordDirectoryError: Error, Equatable, Sendable {
    /// Another daemon holds the lock.
    case inUse(path: String)
    /// Others might have written, or may write, the records.
    case exposed(path: String, RecordDirectoryExposure)
    case records(RecordsError)
}

/// What lets others than the daemon's user write records.
package enum RecordDirectoryExposure: Equatable, Sendable {
    /// A link, or no directory at all.
    case notADirectory
    /// It belongs to the first user, not to the second.
    case foreignOwner(UInt32, wanted: UInt32)
    /// Group or others may enter.
    case open(mode: UInt32)
}
