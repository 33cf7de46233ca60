public import SystemVSharedMemory

/// A client's lease of a segment; it ends with Release or with the connection.
public struct Lease: Equatable, Sendable {
    /// The most leases of one segment that a reply lists.
    package static let mostShown = 100

    /// The lease's identifier, unique in the daemon's lifetime.
    public var identifier: String
    /// How the client may attach the segment.
    public var access: Access
    /// The process that opened the connection.
    public var processID: Int32
    /// The user of that process at the time it connected.
    public var userID: UInt32
    /// The user's name, for people; nil if looking it up would block.
    public var userName: String?
    /// The process's command, for people; nil if unknown.
    public var command: String?
    /// When the lease was granted: CLOCK_REALTIME, in µs.
    public var since: Int64
    /// The identifier of the segment that the lease was granted for; nil from daemons older than this field.
    public var segment: SegmentIdentifier?

    package init(
        identifier: String,
        access: Access,
        processID: Int32,
        userID: UInt32,
        userName: String? = nil,
        command: String? = nil,
        since: Int64,
        segment: SegmentIdentifier? = nil
    ) {
        self.identifier = identifier
        self.access = access
        self.processID = processID
        self.userID = userID
        self.userName = userName
        self.command = command
        self.since = since
        self.segment = segment
    }
}

/// How a client may attach a segment.
public enum Access: String, CaseIterable, Sendable {
    case readOnly = "read_only"
    case readWrite = "read_write"
}

/// The reply of Acquire: the lease and what the client needs to attach.
package struct Grant: Equatable, Sendable {
    /// The lease's identifier.
    package var lease: String
    package var name: SegmentName
    package var key: SegmentKey
    package var identifier: SegmentIdentifier
    /// The size in the kernel, in bytes.
    package var size: ByteCount
    package var access: Access
    /// The `shm_perm.cuid` that the client must find in IPC_STAT.
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
