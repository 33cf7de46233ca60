public import SystemPackage
public import SystemVSharedMemory

/// Everything the broker knows about one segment at one moment.
///
/// ```swift
/// for segment in try client.segments() where segment.state != .ready {
///     print(segment.name, segment.state, segment.problems.first?.message ?? "")
/// }
/// ```
public struct SegmentDescription: Equatable, Sendable {
    /// The segment's name.
    public var name: SegmentName
    /// The description in the segment's declaration.
    public var summary: String?
    /// The segment's state.
    public var state: SegmentState
    /// Why the segment is not ready; empty while it is.
    public var problems: [SegmentProblem] = []
    /// Remarks that leave the segment ready; empty from a daemon that sends none.
    public var hints: [SegmentProblem] = []
    /// Memory that had this name before and is still attached, oldest first.
    public var formerMemory: [FormerMemory] = []
    /// The segment's key; nil while absent or blocked.
    public var key: SegmentKey?
    /// The segment's identifier; nil while absent or blocked.
    public var identifier: SegmentIdentifier?
    /// The kernel's size where the segment exists, else the declared one.
    public var size: ByteCount
    /// The kernel's mode where the segment exists, else the declared one.
    public var mode: FilePermissions
    /// The group's name, or its number where the name is unknown.
    public var group: String
    /// How long the segment stays when nobody uses it.
    public var keep: KeepPolicy
    /// How often clients have the segment attached; the broker's own attachment is not counted.
    public var attachmentCount = 0
    /// The leases that the caller may see, a hundred at most.
    public var leases: [Lease] = []
    /// The number of leases that the caller may see.
    public var leaseCount = 0
    /// How much of the segment is in RAM and in swap; nil where the kernel does not say.
    public var memory: SegmentMemory?
    /// The file from which ftok(3) made the key; nil for a declared number.
    public var keyPath: FilePath?
    /// The `proj_id` from which ftok(3) made the key, 1 to 255; nil for a declared number.
    public var keyProjectID: UInt8?
    /// CLOCK_REALTIME, in µs.
    package var createdMicroseconds: Int64?
    /// CLOCK_REALTIME, in µs.
    package var lastAttachMicroseconds: Int64?
    /// CLOCK_REALTIME, in µs.
    package var lastDetachMicroseconds: Int64?
    /// The creator's user ID, `shm_perm.cuid` of shmctl(2); nil while absent or blocked, or from an older daemon.
    public var creatorUserID: UInt32?
    /// The creating process, `shm_cpid` of shmctl(2); nil as `creatorUserID`.
    public var creatorProcessID: Int32?
    /// The process that last attached or detached the segment, `shm_lpid` of shmctl(2).
    ///
    /// Nil as `creatorUserID`, and while only the broker has done so.
    public var lastProcessID: Int32?
    /// The file that declares the segment; nil once none does.
    public var configurationFile: FilePath?

    package init(
        name: SegmentName,
        state: SegmentState,
        size: ByteCount,
        mode: FilePermissions,
        group: String,
        keep: KeepPolicy
    ) {
        self.name = name
        self.state = state
        self.size = size
        self.mode = mode
        self.group = group
        self.keep = keep
    }
}

extension SegmentDescription {
    /// When the segment was created, as time since 1970; nil where unknown.
    public var created: Duration? { createdMicroseconds.map(Duration.microseconds) }
    /// When a client last attached the segment, as time since 1970; nil if none has.
    public var lastAttach: Duration? { lastAttachMicroseconds.map(Duration.microseconds) }
    /// When a client last detached the segment, as time since 1970; nil if none has.
    public var lastDetach: Duration? { lastDetachMicroseconds.map(Duration.microseconds) }
}

/// Memory that had a segment's name before; the kernel frees it at its last detach.
///
/// ```swift
/// for former in try client.segment(named: "telemetry").formerMemory {
///     print("\(former.identifier) is still attached \(former.attachmentCount) times")
/// }
/// ```
public struct FormerMemory: Equatable, Sendable {
    /// The identifier that shmget(2) returned for it.
    public var identifier: SegmentIdentifier
    /// How often it is attached.
    public var attachmentCount: Int
    /// Its size.
    public var size: ByteCount

    package init(identifier: SegmentIdentifier, attachmentCount: Int, size: ByteCount) {
        self.identifier = identifier
        self.attachmentCount = attachmentCount
        self.size = size
    }
}
