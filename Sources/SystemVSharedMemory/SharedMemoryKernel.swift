package import SystemPackage

/// The kernel's System V shared memory, call by call; the only door to it.
///
/// Each requirement is one call of section 2 or 3 of the manual and throws its `errno`, untranslated.
/// None of them returns EINTR, so none is ever repeated here.
package protocol SharedMemoryKernel: Sendable {
    /// The key for a file. ftok(3); ENOENT, EACCES, ENOTDIR and the other errors of stat(2).
    func key(ofFile path: FilePath, project: UInt8) throws(Errno) -> SegmentKey

    /// Finds or makes a segment. shmget(2).
    ///
    /// `size` is in bytes: 1…SHMMAX to create, 0…the segment's size to find; `mode` is what to create with, or
    /// what is asked for when finding. EEXIST, EINVAL, EACCES, ENOENT, ENOSPC, ENOMEM, EPERM.
    func get(
        _ key: SegmentKey,
        size: UInt64,
        flags: CreationFlags,
        mode: FilePermissions
    ) throws(Errno) -> SegmentIdentifier

    /// Maps a segment at an address of the kernel's choice. shmat(2); EACCES, EIDRM, EINVAL, ENOMEM.
    func attach(_ identifier: SegmentIdentifier, readOnly: Bool) throws(Errno) -> AttachmentAddress

    /// Unmaps a segment. shmdt(2); EINVAL if nothing is attached at the address.
    ///
    /// The last detach of a segment marked for removal frees its pages: most of a second for gigabytes.
    func detach(_ address: AttachmentAddress) throws(Errno)

    /// What the kernel says of a segment that the caller may read. `IPC_STAT` of shmctl(2);
    /// EACCES, EIDRM, EINVAL (no such identifier).
    func status(_ identifier: SegmentIdentifier) throws(Errno) -> SegmentStatus

    /// What the kernel says of a segment, even of one that the caller may not read. `SHM_STAT_ANY` of shmctl(2);
    /// EINVAL and EIDRM (no such identifier), anything else where the kernel does not say, such as ENOSYS.
    func statusOfAny(_ identifier: SegmentIdentifier) throws(Errno) -> SegmentStatus

    /// Sets owner, group and the nine permission bits. `IPC_SET` of shmctl(2); EPERM, EIDRM, EINVAL.
    func setOwner(
        _ identifier: SegmentIdentifier,
        userID: UInt32,
        groupID: UInt32,
        mode: FilePermissions
    ) throws(Errno)

    /// Marks a segment for removal; without attachments it is gone, and its pages are freed, before this returns.
    /// `IPC_RMID` of shmctl(2); EPERM, EIDRM, EINVAL.
    func remove(_ identifier: SegmentIdentifier) throws(Errno)

    /// The identifiers of all segments in this IPC namespace with what the kernel says of each, in no order.
    /// `SHM_INFO` and `SHM_STAT_ANY` of shmctl(2).
    func allSegments() throws(Errno) -> [SegmentIdentifier: SegmentStatus]

    /// `IPC_INFO` and `SHM_INFO` of shmctl(2).
    func limits() throws(Errno) -> KernelLimits

    /// How much memory there is, and may be promised; nil where `/proc/meminfo` cannot be read.
    func memoryLimits() -> MemoryLimits?

    /// How much this process may map, in bytes; getrlimit(2) of `RLIMIT_AS`, nil where nothing is limited.
    func addressSpaceLimit() -> UInt64?

    /// The memory of every segment, where the kernel shows it; empty where `/proc/sysvipc/shm` cannot be read.
    func memory() -> [SegmentIdentifier: SegmentMemory]

    /// Leaves a mapping out of core dumps. madvise(2) with `MADV_DONTDUMP`.
    func excludeFromCoreDumps(_ address: AttachmentAddress, size: UInt64) throws(Errno)

    /// The inode of this process's IPC namespace (`/proc/self/ns/ipc`), by which namespaces are told apart.
    func ipcNamespace() throws(Errno) -> UInt64

    /// Whether no process has this number, as this process sees numbers. kill(2) with signal 0.
    func isGone(process: Int32) -> Bool

    /// Whether unattached segments are destroyed at once (`kernel.shm_rmid_forced`); nil where it cannot be read.
    func destroysUnattachedSegments() -> Bool?
}

/// The flags of shmget(2) besides the permission bits.
package struct CreationFlags: OptionSet, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// Make the segment if no segment has the key.
    ///
    /// The corresponding C constant is `IPC_CREAT`.
    package static let create = CreationFlags(rawValue: 0o1000)
    /// Fail with EEXIST if a segment has the key.
    ///
    /// The corresponding C constant is `IPC_EXCL`.
    package static let exclusive = CreationFlags(rawValue: 0o2000)
    /// Make no segment.
    package static let existing: CreationFlags = []
    /// Make a segment that did not exist.
    package static let exclusiveCreation: CreationFlags = [.create, .exclusive]
}
