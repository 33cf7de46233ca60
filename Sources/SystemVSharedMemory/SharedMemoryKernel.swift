package import SystemPackage

/// The kernel's System V shared memory interface, call by call; the only way to it in this package.
///
/// Each requirement is one call of section 2 or 3 of the manual and throws its `errno` untranslated. None of
/// these calls fails with EINTR, so none is retried.
package protocol SharedMemoryKernel: Sendable {
    /// Returns the key of a file.
    ///
    /// ftok(3); ENOENT, EACCES, ENOTDIR and the other errors of stat(2).
    func key(ofFile path: FilePath, project: UInt8) throws(Errno) -> SegmentKey

    /// Finds or creates a segment.
    ///
    /// `size` is in bytes: 1…SHMMAX to create, 0…the segment's size to find. `mode` holds the permissions to
    /// create it with, or those requested when finding it. shmget(2); EEXIST, EINVAL, EACCES, ENOENT, ENOSPC,
    /// ENOMEM, EPERM.
    func get(
        _ key: SegmentKey,
        size: UInt64,
        flags: CreationFlags,
        mode: FilePermissions
    ) throws(Errno) -> SegmentIdentifier

    /// Maps a segment at an address that the kernel chooses. shmat(2); EACCES, EIDRM, EINVAL, ENOMEM.
    func attach(_ identifier: SegmentIdentifier, readOnly: Bool) throws(Errno) -> AttachmentAddress

    /// Unmaps a segment. shmdt(2); EINVAL if nothing is attached at the address.
    ///
    /// The last detach of a segment marked for removal frees its pages, which takes most of a second for
    /// gigabytes.
    func detach(_ address: AttachmentAddress) throws(Errno)

    /// Returns the status of a segment that the caller may read.
    ///
    /// `IPC_STAT` of shmctl(2); EACCES, EIDRM, EINVAL (no such identifier).
    func status(_ identifier: SegmentIdentifier) throws(Errno) -> SegmentStatus

    /// Returns the status of a segment, even if the caller may not read it.
    ///
    /// `SHM_STAT_ANY` of shmctl(2); EINVAL and EIDRM (no such identifier), any other error if the kernel does
    /// not say, such as ENOSYS.
    func statusOfAny(_ identifier: SegmentIdentifier) throws(Errno) -> SegmentStatus

    /// Sets owner, group and the nine permission bits. `IPC_SET` of shmctl(2); EPERM, EIDRM, EINVAL.
    func setOwner(
        _ identifier: SegmentIdentifier,
        userID: UInt32,
        groupID: UInt32,
        mode: FilePermissions
    ) throws(Errno)

    /// Marks a segment for removal.
    ///
    /// If nothing has it attached, the kernel destroys it and frees its pages before this returns. `IPC_RMID`
    /// of shmctl(2); EPERM, EIDRM, EINVAL.
    func remove(_ identifier: SegmentIdentifier) throws(Errno)

    /// Returns the status of every segment in this IPC namespace, by identifier.
    ///
    /// `SHM_INFO` and `SHM_STAT_ANY` of shmctl(2).
    func allSegments() throws(Errno) -> [SegmentIdentifier: SegmentStatus]

    /// Returns the limits and usage of this IPC namespace. `IPC_INFO` and `SHM_INFO` of shmctl(2).
    func limits() throws(Errno) -> KernelLimits

    /// Returns the host's memory and overcommit limits; nil if `/proc` cannot be read.
    func memoryLimits() -> MemoryLimits?

    /// Returns the most that this process may map, in bytes; nil if unlimited. `RLIMIT_AS` of getrlimit(2).
    func addressSpaceLimit() -> UInt64?

    /// Returns the memory of every segment; empty if `/proc/sysvipc/shm` cannot be read.
    func memory() -> [SegmentIdentifier: SegmentMemory]

    /// Excludes a mapping from core dumps. madvise(2) with `MADV_DONTDUMP`.
    func excludeFromCoreDumps(_ address: AttachmentAddress, size: UInt64) throws(Errno)

    /// Returns the inode of this process's IPC namespace (`/proc/self/ns/ipc`), which identifies the
    /// namespace.
    func ipcNamespace() throws(Errno) -> UInt64

    /// Returns whether no process has this number in this process's PID namespace. kill(2) with signal 0.
    func isGone(process: Int32) -> Bool

    /// Returns whether the kernel destroys unattached segments at once (`kernel.shm_rmid_forced`); nil if it
    /// cannot be read.
    func destroysUnattachedSegments() -> Bool?
}

/// The flags of shmget(2) besides the permission bits.
package struct CreationFlags: OptionSet, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// Create the segment if no segment has the key.
    ///
    /// The corresponding C constant is `IPC_CREAT`.
    package static let create = CreationFlags(rawValue: 0o1000)
    /// Fail with EEXIST if a segment has the key.
    ///
    /// The corresponding C constant is `IPC_EXCL`.
    package static let exclusive = CreationFlags(rawValue: 0o2000)
    /// Create nothing.
    package static let existing: CreationFlags = []
    /// Create the segment, or fail if one has the key.
    package static let exclusiveCreation: CreationFlags = [.create, .exclusive]
}
