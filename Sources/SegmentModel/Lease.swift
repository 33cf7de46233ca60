public import SystemVSharedMemory

/// A client's claim to a segment: while it lasts, segmentd does not remove the segment.
///
/// A lease ends when its holder gives it back or dies.
///
/// ```swift
/// for lease in try client.segment(named: "telemetry").leases {
///     print("process \(lease.processID) of user \(lease.userID)")
/// }
/// ```
public struct Lease: Equatable, Sendable {
    /// The most leases of one segment in any reply.
    package static let mostShown = 100

    /// A name that is unique while the daemon runs.
    public var identifier: String
    /// How the holder may attach the segment.
    public var access: Access
    /// The holder's process: the one that connected.
    public var processID: Int32
    /// The user ID of that process when it connected.
    public var userID: UInt32
    /// The user's name; nil where the daemon does not know it without asking.
    public var userName: String?
    /// The name of the process; nil where the daemon does not know it without asking.
    public var command: String?
    /// When the lease was granted: CLOCK_REALTIME, in µs.
    package var sinceMicroseconds: Int64
    /// When the lease was granted, as time since 1970.
    public var since: Duration { .microseconds(sinceMicroseconds) }
    /// The identifier of the segment that the lease was granted for; nil from an older daemon.
    public var segment: SegmentIdentifier?

    package init(
        identifier: String,
        access: Access,
        processID: Int32,
        userID: UInt32,
        userName: String? = nil,
        command: String? = nil,
        sinceMicroseconds: Int64,
        segment: SegmentIdentifier? = nil
    ) {
        self.identifier = identifier
        self.access = access
        self.processID = processID
        self.userID = userID
        self.userName = userName
        self.command = command
        self.sinceMicroseconds = sinceMicroseconds
        self.segment = segment
    }
}

/// How a client attaches a segment.
///
/// ```swift
/// let segment = try client.attach("telemetry", access: .readOnly)
/// print(segment.access == .readOnly)
/// ```
///
/// A newer daemon may show leases with an access that is not listed here.
public struct Access: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The word on the wire.
    public let rawValue: String

    /// The word on the wire.
    public var description: String { rawValue }

    /// Creates an access from its word on the wire.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Writing to the memory raises SIGSEGV.
    public static let readOnly = Access(rawValue: "read_only")
    /// The memory may be read and written.
    public static let readWrite = Access(rawValue: "read_write")

    /// What this version can grant and ask for, in the interface's order.
    package static let known = [readOnly, readWrite]
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
