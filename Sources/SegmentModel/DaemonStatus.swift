/// The daemon and the kernel's limits: the reply of GetStatus.
public struct DaemonStatus: Equatable, Sendable {
    /// The daemon's version.
    public var version: String
    /// The daemon's process.
    public var processID: Int32
    /// CLOCK_REALTIME, in µs.
    public var started: Int64
    /// The directory of the configuration.
    public var configuration: String
    /// Segments that it knows, declared or on their way out.
    public var segments: Int
    /// Of these, how many cannot be made.
    public var blocked: Int
    /// Leases of all connections.
    public var leases: Int
    /// Connections at this moment, the one that asks included.
    public var connections: Int
    /// The sum of the sizes of the broker's segments.
    public var segmentBytes: UInt64
    /// The inode of the IPC namespace.
    public var ipcNamespace: UInt64
    /// Segments in the IPC namespace, whoever made them.
    public var kernelSegments: Int
    /// shmmni: how many segments the IPC namespace may have.
    public var kernelSegmentsMax: Int
    /// shmall in bytes: how large all segments together may be.
    public var kernelSegmentBytesMax: UInt64
    /// What is wrong with the host or doubtful in the configuration.
    public var warnings: [SegmentProblem]

    package init(
        version: String,
        processID: Int32,
        started: Int64,
        configuration: String,
        segments: Int,
        blocked: Int,
        leases: Int,
        connections: Int,
        segmentBytes: UInt64,
        ipcNamespace: UInt64,
        kernelSegments: Int,
        kernelSegmentsMax: Int,
        kernelSegmentBytesMax: UInt64,
        warnings: [SegmentProblem]
    ) {
        self.version = version
        self.processID = processID
        self.started = started
        self.configuration = configuration
        self.segments = segments
        self.blocked = blocked
        self.leases = leases
        self.connections = connections
        self.segmentBytes = segmentBytes
        self.ipcNamespace = ipcNamespace
        self.kernelSegments = kernelSegments
        self.kernelSegmentsMax = kernelSegmentsMax
        self.kernelSegmentBytesMax = kernelSegmentBytesMax
        self.warnings = warnings
    }
}
