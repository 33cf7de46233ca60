package import SystemPackage

/// The kernel's description of one segment: `struct shmid_ds` of shmctl(2).
package struct SegmentStatus: Equatable, Sendable {
    package var key: SegmentKey
    /// `shm_perm.uid`: the user who, like the creator, may change and remove the segment.
    package var ownerUserID: UInt32
    /// `shm_perm.gid`: the group granted the group bits, besides the creator's group.
    package var ownerGroupID: UInt32
    /// `shm_perm.cuid`; never changes.
    package var creatorUserID: UInt32
    /// `shm_perm.cgid`; never changes and always keeps the group bits.
    package var creatorGroupID: UInt32
    /// The nine permission bits.
    package var mode: FilePermissions
    /// `SHM_DEST`: the kernel destroys the segment at its last detach.
    package var isMarkedForRemoval: Bool
    /// `shm_segsz`: the requested size, in bytes, not rounded to pages.
    package var size: UInt64
    /// `shm_nattch`: the number of mappings in all processes.
    package var attachmentCount: UInt64
    /// `shm_cpid`.
    package var creatorProcessID: Int32
    /// `shm_lpid`: the last process to attach or detach; 0 if none.
    package var lastProcessID: Int32
    /// `shm_atime`, seconds since the epoch; 0 if never.
    package var lastAttach: Int64
    /// `shm_dtime`, seconds since the epoch; 0 if never.
    package var lastDetach: Int64
    /// `shm_ctime`, seconds since the epoch: creation or the last IPC_SET.
    package var lastChange: Int64

    package init(
        key: SegmentKey,
        ownerUserID: UInt32,
        ownerGroupID: UInt32,
        creatorUserID: UInt32,
        creatorGroupID: UInt32,
        mode: FilePermissions,
        isMarkedForRemoval: Bool,
        size: UInt64,
        attachmentCount: UInt64,
        creatorProcessID: Int32,
        lastProcessID: Int32 = 0,
        lastAttach: Int64,
        lastDetach: Int64,
        lastChange: Int64
    ) {
        self.key = key
        self.ownerUserID = ownerUserID
        self.ownerGroupID = ownerGroupID
        self.creatorUserID = creatorUserID
        self.creatorGroupID = creatorGroupID
        self.mode = mode
        self.isMarkedForRemoval = isMarkedForRemoval
        self.size = size
        self.attachmentCount = attachmentCount
        self.creatorProcessID = creatorProcessID
        self.lastProcessID = lastProcessID
        self.lastAttach = lastAttach
        self.lastDetach = lastDetach
        self.lastChange = lastChange
    }
}

extension SegmentStatus {
    /// CLOCK_REALTIME, in µs, as far as 64 bits hold it; nil if never.
    package var lastAttachMicroseconds: Int64? { lastAttach == 0 ? nil : Int64(microsecondsIn: lastAttach) }
    /// CLOCK_REALTIME, in µs, as far as 64 bits hold it; nil if never.
    package var lastDetachMicroseconds: Int64? { lastDetach == 0 ? nil : Int64(microsecondsIn: lastDetach) }
}

/// A segment's memory in RAM and in swap, in bytes; see `rss` and `swap` of `/proc/sysvipc/shm`.
///
/// ```swift
/// if let memory = try client.segment(named: "telemetry").memory {
///     print("\(memory.resident) bytes in RAM")
/// }
/// ```
public struct SegmentMemory: Equatable, Sendable {
    /// In RAM.
    public var resident: UInt64
    /// In swap.
    public var swapped: UInt64

    package init(resident: UInt64, swapped: UInt64) {
        self.resident = resident
        self.swapped = swapped
    }
}

extension FilePermissions {
    /// Four octal digits, as configuration files write a mode: `0660`.
    package var octal: String {
        let digits = String(rawValue & 0o7777, radix: 8)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }
}
