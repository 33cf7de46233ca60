import CLinux
import Glibc
package import SegmentModel
package import SystemPackage

/// The records as files of one directory, which one daemon at a time may hold.
///
/// Files are replaced by rename(2) without fsync(2): they live and die with the segments, in memory.
package final class RecordDirectory: SegmentRecords, Sendable {
    private static let suffix = ".record"
    private let path: String
    private let directory: Int32
    private let lock: Int32

    /// Opens the directory, making it (mode 0700) where it is missing, and locks it; open(2), flock(2).
    package init(_ path: FilePath) throws(RecordDirectoryError) {
        self.path = path.string
        if unsafe mkdir(self.path, 0o700) != 0, errno != EEXIST {
            throw .records(RecordsError(call: "mkdir", path: self.path, errno: Errno(rawValue: errno)))
        }
        directory = unsafe open(self.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else {
            throw .records(RecordsError(call: "open", path: self.path, errno: Errno(rawValue: errno)))
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
        for file in try fileNames() where file.hasSuffix(Self.suffix) {
            let stem = String(file.dropLast(Self.suffix.count))
            do throws(RecordDefect) {
                let record = try SegmentRecord(text: try contents(of: file))
                guard record.name.string == stem else { throw RecordDefect.damaged }
                loaded.records.append(record)
            } catch {
                let aside = stem + ".set-aside"
                let isMoved = unsafe renameat(directory, file, directory, aside) == 0
                loaded.setAside.append(
                    RecordSetAside(file: file, movedTo: isMoved ? aside : nil, defect: error)
                )
            }
        }
        loaded.records.sort { $0.name < $1.name }
        return loaded
    }

    package func write(_ record: SegmentRecord) throws(RecordsError) {
        let temporary = ".new"
        let file = unsafe openat(
            directory,
            temporary,
            O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
            0o600
        )
        guard file >= 0 else { throw failure("open", temporary) }
        var text = record.text
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

    /// No record is near this long, so a longer file is not one.
    private func contents(of file: String) throws(RecordDefect) -> String {
        let descriptor = unsafe openat(directory, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { throw .damaged }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
        }
        guard count > 0, let text = String(validating: bytes[..<count], as: UTF8.self) else { throw .damaged }
        return text
    }

    private func fileNames() throws(RecordsError) -> [String] {
        let duplicate = unsafe openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard duplicate >= 0, let stream = unsafe fdopendir(duplicate) else { throw failure("opendir", "") }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            names.append(name)
        }
        return names
    }
}

/// Why the records cannot be used at all.
package enum RecordDirectoryError: Error, Equatable, Sendable {
    /// Another daemon holds the lock.
    case inUse(path: String)
    case records(RecordsError)
}
