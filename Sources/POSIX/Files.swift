import CLinux
import Glibc
package import SystemPackage

extension FilePath {
    /// A file's bytes, at most so many.
    package func contents(atMost limit: Int = .max) throws(Errno) -> [UInt8] {
        let file = FileDescriptor(rawValue: try call { unsafe open($0, O_RDONLY | O_CLOEXEC) })
        defer { try? file.close() }
        return try file.contents(atMost: limit)
    }

    /// What a directory has, all but `.` and `..`, in no order; it may be a link to one.
    package func entries() throws(Errno) -> [DirectoryEntry] {
        try Directory(self, followingLink: true).entries()
    }

    /// Where a link leads; readlink(2).
    package func linkTarget() throws(Errno) -> FilePath {
        var target = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        _ = try call { unsafe Int32(readlink($0, &target, target.count - 1)) }
        return FilePath(platformString: target)
    }

    /// From the root; getcwd(3).
    package var fromRoot: FilePath {
        guard isRelative, let directory = unsafe getcwd(nil, 0) else { return self }
        defer { unsafe free(directory) }
        return unsafe FilePath(platformString: directory).pushing(self)
    }

    /// mkdir(2).
    package func makeDirectory(_ permissions: FilePermissions) throws(Errno) {
        _ = try call { unsafe mkdir($0, permissions.rawValue) }
    }

    /// unlink(2).
    package func unlink() throws(Errno) { _ = try call { unsafe Glibc.unlink($0) } }

    /// Whether an access control list names more users or groups than a file's mode shows; acl(5).
    package var hasAccessList: Bool { unsafe withPlatformString { unsafe clinux_has_access_list($0) != 0 } }

    @safe func call(_ body: (UnsafePointer<CChar>) -> Int32) throws(Errno) -> Int32 {
        try valueOrErrno { unsafe withPlatformString(body) }
    }
}

extension FileDescriptor {
    /// What can be read from here on, at most so many bytes; read(2).
    package func contents(atMost limit: Int = .max) throws(Errno) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < limit {
            // /proc looks for its place anew at each read: few are better.
            let next = try unsafe self.bytes(atMost: min(limit - bytes.count, 1 << 16)) {
                room throws(Errno) in
                try unsafe readOnce(into: room)
            }
            if next.isEmpty { break }
            if bytes.isEmpty { bytes = next } else { bytes += next }
        }
        return bytes
    }

    /// What one call reads into memory of its own.
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

    /// read(2), not again where a signal has interrupted it.
    package func readOnce(into bytes: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
        try countOrErrno { unsafe Glibc.read(rawValue, bytes.baseAddress, bytes.count) }
    }

    /// write(2), likewise.
    package func writeOnce(_ bytes: UnsafeRawBufferPointer) throws(Errno) -> Int {
        try countOrErrno { unsafe Glibc.write(rawValue, bytes.baseAddress, bytes.count) }
    }

    /// Takes a lock that is held until the file is closed; false where somebody has it; flock(2).
    package func tryLock() -> Bool { flock(rawValue, LOCK_EX | LOCK_NB) == 0 }

    /// Whether it lies in memory, tmpfs(5), which answers at once; statfs(2).
    package var isInMemory: Bool { clinux_is_in_memory(rawValue) != 0 }

    package var isTerminal: Bool { isatty(rawValue) == 1 }

    /// How many bytes can be read without waiting, where the file says so: FIONREAD of ioctl(2).
    package var readableBytes: Int? {
        var count: Int32 = 0
        guard unsafe ioctl(rawValue, UInt(FIONREAD), &count) == 0 else { return nil }
        // A file that goes on for more than an Int32 holds.
        return count < 0 ? .max : Int(count)
    }
}

extension Stat {
    package func isSameFile(as other: Stat) -> Bool { deviceID == other.deviceID && inode == other.inode }
}
