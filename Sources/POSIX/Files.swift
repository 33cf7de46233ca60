import CLinux
import Glibc
package import SystemPackage

extension FilePath {
    /// Reads a file, up to `limit` bytes.
    package func contents(atMost limit: Int = .max) throws(Errno) -> [UInt8] {
        let file = FileDescriptor(rawValue: try call { unsafe open($0, O_RDONLY | O_CLOEXEC) })
        defer { try? file.close() }
        return try file.contents(atMost: limit)
    }

    /// Returns all entries of a directory but `.` and `..`, in no order; the path may be a link.
    package func entries() throws(Errno) -> [DirectoryEntry] {
        try Directory(self, followingLink: true).entries()
    }

    /// Reads the target of a link; readlink(2).
    package func linkTarget() throws(Errno) -> FilePath {
        var target = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        _ = try call { unsafe Int32(readlink($0, &target, target.count - 1)) }
        return FilePath(platformString: target)
    }

    /// The absolute path; getcwd(3).
    package var fromRoot: FilePath {
        guard isRelative, let directory = unsafe getcwd(nil, 0) else { return self }
        defer { unsafe free(directory) }
        return unsafe FilePath(platformString: directory).pushing(self)
    }

    /// Creates a directory; mkdir(2).
    package func makeDirectory(_ permissions: FilePermissions) throws(Errno) {
        _ = try call { unsafe mkdir($0, permissions.rawValue) }
    }

    /// Removes a file; unlink(2).
    package func unlink() throws(Errno) { _ = try call { unsafe Glibc.unlink($0) } }

    /// Whether the file has an access control list, which may name more users or groups than its mode shows;
    /// acl(5).
    package var hasAccessList: Bool { unsafe withPlatformString { unsafe clinux_has_access_list($0) != 0 } }

    @safe func call(_ body: (UnsafePointer<CChar>) -> Int32) throws(Errno) -> Int32 {
        try valueOrErrno { unsafe withPlatformString(body) }
    }
}

extension FileDescriptor {
    /// Reads from the current position to the end, up to `limit` bytes; read(2).
    package func contents(atMost limit: Int = .max) throws(Errno) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < limit {
            // Use few reads, since /proc searches for its position at each.
            let next = try unsafe self.bytes(atMost: min(limit - bytes.count, 1 << 16)) {
                room throws(Errno) in
                try unsafe readOnce(into: room)
            }
            if next.isEmpty { break }
            if bytes.isEmpty { bytes = next } else { bytes += next }
        }
        return bytes
    }

    /// Returns the bytes that one call reads into new memory.
    func bytes(
        atMost room: Int,
        _ read: (UnsafeMutableRawBufferPointer) throws(Errno) -> Int
    ) throws(Errno) -> [UInt8] {
        var failure: Errno?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
            do throws(Errno) { count = try unsafe read(UnsafeMutableRawBufferPointer(buffer)) } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Calls read(2) once, without retrying after a signal.
    package func readOnce(into bytes: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
        try countOrErrno { unsafe Glibc.read(rawValue, bytes.baseAddress, bytes.count) }
    }

    /// Calls write(2) once, without retrying after a signal.
    package func writeOnce(_ bytes: UnsafeRawBufferPointer) throws(Errno) -> Int {
        try countOrErrno { unsafe Glibc.write(rawValue, bytes.baseAddress, bytes.count) }
    }

    /// Writes once at an offset in bytes; pwrite(2).
    package func writeOnce(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(Errno) -> Int {
        try countOrErrno { unsafe Glibc.pwrite(rawValue, bytes.baseAddress, bytes.count, Int(offset)) }
    }

    /// Takes an exclusive lock held until the file is closed; returns false if it is already held; flock(2).
    package func tryLock() -> Bool { flock(rawValue, LOCK_EX | LOCK_NB) == 0 }

    /// Whether the file is on tmpfs(5), which answers at once; statfs(2).
    package var isInMemory: Bool { clinux_is_in_memory(rawValue) != 0 }

    package var isTerminal: Bool { isatty(rawValue) == 1 }

    /// The number of bytes that can be read without waiting, if the file reports it: FIONREAD of ioctl(2).
    package var readableBytes: Int? {
        var count: Int32 = 0
        guard unsafe ioctl(rawValue, UInt(FIONREAD), &count) == 0 else { return nil }
        // Negative if there is more than an Int32 holds.
        return count < 0 ? .max : Int(count)
    }
}

extension Stat {
    package func isSameFile(as other: Stat) -> Bool { deviceID == other.deviceID && inode == other.inode }
}
