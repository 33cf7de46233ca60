public import SystemVSharedMemory

/// A client's hold on a segment; it ends with Release or with the connection.
public struct Lease: Equatable, Sendable {
    /// Of one segment, in any reply.
    package static let mostShown = 100

    /// Names the lease among all of one daemon's life.
    public var identifier: String
    /// How the holder may attach.
    public var access: Access
    /// The process that connected.
    public var processID: Int32
    /// The user of that process when it connected.
    public var userID: UInt32
    /// For people; nil unless known without asking anybody.
    public var userName: String?
    /// For people; nil unless known without asking anybody.
    public var command: String?
    /// CLOCK_REALTIME, in µs.
    public var since: Int64
    /// Of the segment that it was granted for; nil from a daemon older than this.
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

/// How a client attaches a segment.
public enum Access: String, CaseIterable, Sendable {
    case readOnly = "read_only"
    case readWrite = "read_write"
}

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
