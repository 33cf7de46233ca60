package import SystemVSharedMemory

/// What a client learns from Acquire: its lease, and how to attach.
package struct Grant: Equatable, Sendable {
    /// The lease's identifier.
    package var lease: String
    package var name: SegmentName
    package var key: SegmentKey
    package var identifier: SegmentIdentifier
    /// The size the kernel has, in bytes.
    package var size: ByteCount
    package var access: Access
    /// `shm_perm.cuid`, as IPC_STAT must show it.
    package var creatorUserID: UInt32
    /// `shm_ctime`, seconds since the epoch; for people.
    package var changeTime: Int64
    /// The inode of the broker's IPC namespace.
    package var ipcNamespace: UInt64

    package init(
        lease: String,
        name: SegmentName,
        key: SegmentKey,
        identifier: SegmentIdentifier,
        size: ByteCount,
        access: Access,
        creatorUserID: UInt32,
        changeTime: Int64,
        ipcNamespace: UInt64
    ) {
        self.lease = lease
        self.name = name
        self.key = key
        self.identifier = identifier
        self.size = size
        self.access = access
        self.creatorUserID = creatorUserID
        self.changeTime = changeTime
        self.ipcNamespace = ipcNamespace
    }
}
