public import SystemPackage
public import SystemVSharedMemory

/// All that is known of one segment at one moment: the `Segment` of the interface.
public struct SegmentDescription: Equatable, Sendable {
    /// The segment's name.
    public var name: SegmentName
    /// What its declaration says it is for.
    public var summary: String?
    /// Where it stands.
    public var state: SegmentState
    /// What is wrong with it; empty when nothing is.
    public var problems: [SegmentProblem] = []
    /// Worth knowing, but it stays ready; empty from a daemon older than this.
    public var hints: [SegmentProblem] = []
    /// Memory that had the name before and is still attached, the oldest first; empty from a daemon older than this.
    public var formerMemory: [FormerMemory] = []
    /// Nil while absent or blocked.
    public var key: SegmentKey?
    /// Nil while absent or blocked.
    public var identifier: SegmentIdentifier?
    /// Bytes: the kernel's where the segment exists, else the declared.
    public var size: ByteCount
    /// The kernel's where the segment exists, else the declared.
    public var mode: FilePermissions
    /// A group's name, or its number where the name is not known.
    public var group: String
    /// `until-reboot`, `until-stop` or `while-used`.
    public var keep: String
    /// Mappings without the broker's own.
    public var attachments: Int = 0
    /// Who holds it, as far as the caller may see: a hundred at most.
    public var leases: [Lease] = []
    /// How many leases the caller may see.
    public var leaseCount = 0
    /// In RAM and in swap.
    public var memory: SegmentMemory?
    /// The file from which ftok(3) made the key; nil for a declared number.
    public var keyPath: String?
    /// The second argument of ftok(3), 1…255; nil for a declared number.
    public var keyProject: UInt8?
    /// CLOCK_REALTIME, in µs.
    public var created: Int64?
    /// CLOCK_REALTIME, in µs.
    public var lastAttach: Int64?
    /// CLOCK_REALTIME, in µs.
    public var lastDetach: Int64?
    /// `shm_perm.cuid` of shmctl(2); nil while absent or blocked, or from a daemon older than this.
    public var creatorUserID: UInt32?
    /// `shm_cpid` of shmctl(2); nil as above.
    public var creatorProcessID: Int32?
    /// `shm_lpid` of shmctl(2), who attached or detached it last; nil as above, or if nobody has but the broker.
    public var lastProcessID: Int32?
    /// The file that declares it; nil once none does.
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

/// Memory that had a segment's name before: it goes with its last detach.
public struct FormerMemory: Equatable, Sendable {
    /// What shmget(2) returned for it.
    public var identifier: SegmentIdentifier
    /// Mappings.
    public var attachments: Int
    /// In bytes.
    public var size: ByteCount

    package init(identifier: SegmentIdentifier, attachments: Int, size: ByteCount) {
        self.identifier = identifier
        self.attachments = attachments
        self.size = size
    }
}

/// Where a segment stands.
public enum SegmentState: String, CaseIterable, Sendable {
    /// Declared, not in the kernel.
    case absent
    /// In the kernel as declared.
    case ready
    /// In the kernel, but something differs from what is declared, or the broker cannot attach it.
    case drifted
    /// Still in use, not marked for removal; removed when unused; no new leases.
    case draining
    /// Marked for removal in the kernel, still attached.
    case removing
    /// Cannot be made.
    case blocked
}
