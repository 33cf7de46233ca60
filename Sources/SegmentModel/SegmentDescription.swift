public import SystemPackage
public import SystemVSharedMemory

/// Everything known about one segment at one moment: the `Segment` of the interface.
public struct SegmentDescription: Equatable, Sendable {
    /// The segment's name.
    public var name: SegmentName
    /// The `description` of its declaration.
    public var summary: String?
    /// The segment's state.
    public var state: SegmentState
    /// Its problems; empty if there are none.
    public var problems: [SegmentProblem] = []
    /// Worth knowing, although the segment stays ready; empty from daemons older than this field.
    public var hints: [SegmentProblem] = []
    /// Earlier memory of this name that is still attached, oldest first; empty from daemons older than this
    /// field.
    public var formerMemory: [FormerMemory] = []
    /// Its key; nil while absent or blocked.
    public var key: SegmentKey?
    /// Its identifier; nil while absent or blocked.
    public var identifier: SegmentIdentifier?
    /// In bytes: the kernel's size if the segment exists, otherwise the declared one.
    public var size: ByteCount
    /// The kernel's mode if the segment exists, otherwise the declared one.
    public var mode: FilePermissions
    /// The group's name, or its number if the name is unknown.
    public var group: String
    /// `until-reboot`, `until-stop` or `while-used`.
    public var keep: String
    /// The number of mappings, without the broker's own.
    public var attachments: Int = 0
    /// The leases that the caller may see, a hundred at most.
    public var leases: [Lease] = []
    /// The number of leases that the caller may see.
    public var leaseCount = 0
    /// Its memory in RAM and in swap.
    public var memory: SegmentMemory?
    /// The file that ftok(3) made the key from; nil for a declared number.
    public var keyPath: String?
    /// The second argument of ftok(3), 1…255; nil for a declared number.
    public var keyProject: UInt8?
    /// When the segment was created: CLOCK_REALTIME, in µs.
    public var created: Int64?
    /// The last attach by a client: CLOCK_REALTIME, in µs.
    public var lastAttach: Int64?
    /// The last detach by a client: CLOCK_REALTIME, in µs.
    public var lastDetach: Int64?
    /// `shm_perm.cuid` of shmctl(2); nil while absent or blocked, or from daemons older than this field.
    public var creatorUserID: UInt32?
    /// `shm_cpid` of shmctl(2); nil as above.
    public var creatorProcessID: Int32?
    /// `shm_lpid` of shmctl(2), the last process to attach or detach; nil as above, or if only the broker
    /// has.
    public var lastProcessID: Int32?
    /// The file that declares it; nil if no longer declared.
    public var configurationFile: String?

    package init(
        name: SegmentName,
        state: SegmentState,
        size: ByteCount,
        mode: FilePermissions,
        group: String,
        keep: String
    ) {
        self.name = name
        self.state = state
        self.size = size
        self.mode = mode
        self.group = group
        self.keep = keep
    }
}

/// Memory that had a segment's name before; the kernel destroys it at its last detach.
public struct FormerMemory: Equatable, Sendable {
    /// Its identifier, as shmget(2) returned it.
    public var identifier: SegmentIdentifier
    /// The number of mappings.
    public var attachments: Int
    /// In bytes.
    public var size: ByteCount

    package init(identifier: SegmentIdentifier, attachments: Int, size: ByteCount) {
        self.identifier = identifier
        self.attachments = attachments
        self.size = size
    }
}

/// The state of a segment.
public enum SegmentState: String, CaseIterable, Sendable {
    /// Declared, but not in the kernel.
    case absent
    /// In the kernel as declared.
    case ready
    /// In the kernel, but it differs from its declaration, or the broker cannot attach it.
    case drifted
    /// Still in use and not yet marked for removal; removed when unused, no new leases.
    case draining
    /// Marked for removal in the kernel but still attached.
    case removing
    /// Cannot be created.
    case blocked
}
