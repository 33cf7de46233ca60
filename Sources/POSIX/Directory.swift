import Glibc
package import SystemPackage

/// An open directory, which stays the same whatever happens to its path; openat(2).
package struct Directory: ~Copyable, Sendable {
    package let descriptor: FileDescriptor

    /// Opens a directory; also throws `notDirectory` for a link that is not to be followed.
    package init(_ path: FilePath, followingLink: Bool = false) throws(Errno) {
        let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (followingLink ? 0 : O_NOFOLLOW)
        descriptor = FileDescriptor(rawValue: try path.call { unsafe Glibc.open($0, flags) })
    }

    deinit { try? descriptor.close() }

    /// Opens a file of the directory, which must not be a link.
    package func open(
        _ name: String,
        _ mode: FileDescriptor.AccessMode,
        _ options: FileDescriptor.OpenOptions = [],
        permissions: FilePermissions = []
    ) throws(Errno) -> FileDescriptor {
        let flags = mode.rawValue | options.rawValue | O_CLOEXEC | O_NOFOLLOW
        return FileDescriptor(
            rawValue: try valueOrErrno {
                unsafe openat(descriptor.rawValue, name, flags, permissions.rawValue)
            }
        )
    }

    /// Renames a file, replacing any existing one; renameat(2).
    package func rename(_ name: String, to other: String) throws(Errno) {
        let directory = descriptor.rawValue
        _ = try valueOrErrno { unsafe renameat(directory, name, directory, other) }
    }

    /// Removes a file; unlinkat(2).
    package func unlink(_ name: String) throws(Errno) {
        _ = try valueOrErrno { unsafe unlinkat(descriptor.rawValue, name, 0) }
    }

    /// Returns all entries but `.` and `..`, in no order; readdir(3).
    package func entries() throws(Errno) -> [DirectoryEntry] {
        // Opened again to have a read position of its own.
        let opened = try open(".", .readOnly, .directory)
        guard let stream = unsafe fdopendir(opened.rawValue) else {
            let error = Errno(rawValue: errno)
            try? opened.close()
            throw error
        }
        defer { unsafe closedir(stream) }
        var entries: [DirectoryEntry] = []
        errno = 0
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) {
                unsafe Array($0.prefix { $0 != 0 })
            }
            if name != Array(".".utf8), name != Array("..".utf8) {
                let isRegular = unsafe Int32(entry.pointee.d_type) == Int32(DT_REG)
                entries.append(DirectoryEntry(name: name, isRegular: isRegular))
            }
            errno = 0
        }
        guard errno == 0 else { throw Errno(rawValue: errno) }
        return entries
    }
}

/// An entry of a directory.
package struct DirectoryEntry: Sendable {
    /// The bytes of its name, which may not be UTF-8.
    package let name: [UInt8]
    /// Whether it is known to be a regular file; not every file system reports the type.
    package let isRegular: Bool
}
