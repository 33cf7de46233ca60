import POSIX
import SystemPackage

/// A file that `send` reads or `receive` writes; a path of `-` means the standard stream.
struct StreamedFile {
    let path: String
    let descriptor: FileDescriptor

    /// Opens a file for reading.
    init(reading path: String) throws {
        self.path = path
        descriptor = path == "-" ? .standardInput : try Self.open(path, .readOnly, [])
        if (try? descriptor.stat())?.type == .directory { throw Failure("\(path) is a directory") }
    }

    /// Opens a file for writing, creating it if missing; its contents stay for now.
    init(writing path: String) throws {
        self.path = path
        descriptor = path == "-" ? .standardOutput : try Self.open(path, .writeOnly, .create)
    }

    /// The rest of the file in bytes; nil if it is not a regular file.
    var length: Int? { StandardStreams.remainingLength(of: descriptor) }

    var isTerminal: Bool { descriptor.isTerminal }

    /// Returns whether it is a regular file that a process has open for reading; false if unknown; proc(5).
    func isRead(by process: Int32) -> Bool {
        let directory = FilePath("/proc/\(process)/fd")
        guard let own = try? descriptor.stat(), own.type == .regular, let entries = try? directory.entries()
        else { return false }
        return entries.contains { entry in
            let path = directory.appending(String(decoding: entry.name, as: UTF8.self))
            // The permissions of the link show how the file is open.
            guard let link = try? path.stat(followTargetSymlink: false),
                link.permissions.contains(.ownerRead),
                let file = try? path.stat()
            else { return false }
            return file.isSameFile(as: own)
        }
    }

    /// Empties a named regular file.
    func empty() throws {
        guard path != "-", length != nil else { return }
        do { try descriptor.resize(to: 0) } catch { throw Failure("\(path) cannot be emptied: \(error)") }
    }

    /// Closes a named file, which may report a delayed write error.
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
