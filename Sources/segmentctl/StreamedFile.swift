import Glibc
import SystemPackage

/// What `send` reads and `receive` writes: a file, or a standard stream where the path is `-`.
struct StreamedFile {
    let path: String
    let descriptor: FileDescriptor

    /// To be read.
    init(reading path: String) throws {
        self.path = path
        descriptor = path == "-" ? .standardInput : try Self.open(path, .readOnly, [])
        if (try? descriptor.stat())?.type == .directory { throw Failure("\(path) is a directory") }
    }

    /// To be written; made where there is none, and left as it is for now.
    init(writing path: String) throws {
        self.path = path
        descriptor = path == "-" ? .standardOutput : try Self.open(path, .writeOnly, .create)
    }

    /// In bytes; nil for what is not a regular file.
    var length: Int? { StandardStreams.remainingLength(of: descriptor) }

    var isTerminal: Bool { isatty(descriptor.rawValue) == 1 }

    /// Whether it is a regular file that a process has open for reading; false where that cannot be seen; proc(5).
    func isRead(by process: Int32) -> Bool {
        guard let own = Self.status("/proc/self/fd/\(descriptor.rawValue)", 0),
            own.st_mode & S_IFMT == S_IFREG, let directory = unsafe opendir("/proc/\(process)/fd")
        else { return false }
        defer { unsafe closedir(directory) }
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            let path = "/proc/\(process)/fd/\(name)"
            // The link's own permissions are the ways in which the file is open.
            guard let link = Self.status(path, AT_SYMLINK_NOFOLLOW), link.st_mode & S_IRUSR != 0,
                let file = Self.status(path, 0)
            else { continue }
            if file.st_dev == own.st_dev, file.st_ino == own.st_ino { return true }
        }
        return false
    }

    private static func status(_ path: String, _ flags: Int32) -> stat? {
        var status = stat()
        return unsafe fstatat(AT_FDCWD, path, &status, flags) == 0 ? status : nil
    }

    /// Takes away what a named file has had; only regular ones have any.
    func empty() throws {
        guard path != "-", length != nil else { return }
        do { try descriptor.resize(to: 0) } catch { throw Failure("\(path) cannot be emptied: \(error)") }
    }

    /// For a named file: its file system may have kept an error until now.
    func close() throws {
        guard path != "-" else { return }
        do { try descriptor.close() } catch { throw Failure("\(path) cannot be closed: \(error)") }
    }

    private static func open(
        _ path: String,
        _ mode: FileDescriptor.AccessMode,
        _ options: FileDescriptor.OpenOptions
    ) throws -> FileDescriptor {
        do {
            return try FileDescriptor.open(
                FilePath(path),
                mode,
                options: options.union(.closeOnExec),
                permissions: FilePermissions(rawValue: 0o666)
            )
        } catch {
            throw Failure("\(path) cannot be opened: \(error)")
        }
    }
}
