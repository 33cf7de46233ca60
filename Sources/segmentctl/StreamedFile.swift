import POSIX
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

    var isTerminal: Bool { descriptor.isTerminal }

    /// Whether it is a regular file that a process has open for reading; false where that cannot be seen; proc(5).
    func isRead(by process: Int32) -> Bool {
        let directory = FilePath("/proc/\(process)/fd")
        guard let own = try? descriptor.stat(), own.type == .regular, let entries = try? directory.entries()
        else { return false }
        return entries.contains { entry in
            let path = directory.appending(String(decoding: entry.name, as: UTF8.self))
            // The link's own permissions are the ways in which the file is open.
            guard let link = try? path.stat(followTargetSymlink: false),
                link.permissions.contains(.ownerRead),
                let file = try? path.stat()
            else { return false }
            return file.isSameFile(as: own)
        }
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
