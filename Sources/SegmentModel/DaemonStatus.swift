/// The state of the daemon and the kernel's limits: the reply of GetStatus.
public struct DaemonStatus: Equatable, Sendable {
    /// The daemon's version.
    public var version: String
    /// The daemon's process ID.
    public var processID: Int32
    /// When the daemon started: CLOCK_REALTIME, in µs.
    public var started: Int64
    /// The configuration directory.
    public var configuration: String
    /// The number of segments, both declared and being removed.
    public var segments: Int
    /// The number of these that are blocked.
    public var blocked: Int
    /// The number of leases of all connections.
    public var leases: Int
    /// The number of connections now, including the caller's.
    public var connections: Int
    /// The total size of the broker's segments, in bytes.
    public var segmentBytes: UInt64
    /// The inode of the IPC namespace.
    public var ipcNamespace: UInt64
    /// The number of segments in the IPC namespace, whoever created them.
    public var kernelSegments: Int
    /// shmmni: the most segments that the IPC namespace may have.
    public var kernelSegmentsMax: Int
    /// shmall: the most that all segments together may have, in bytes.
    public var kernelSegmentBytesMax: UInt64
    /// Problems of the host and doubtful settings in the configuration.
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
