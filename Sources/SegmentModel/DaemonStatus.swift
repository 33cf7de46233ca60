public import SystemPackage

/// The daemon's status and the kernel's limits.
///
/// ```swift
/// let status = try client.daemonStatus()
/// print("segmentd \(status.version): \(status.segmentCount) segments, \(status.blockedCount) blocked")
/// ```
public struct DaemonStatus: Equatable, Sendable {
    /// The daemon's version.
    public var version: String
    /// The daemon's process ID.
    public var processID: Int32
    /// When the daemon started: CLOCK_REALTIME, in µs.
    package var startedMicroseconds: Int64
    /// When the daemon started, as time since 1970.
    public var started: Duration { .microseconds(startedMicroseconds) }
    /// The configuration directory.
    public var configurationDirectory: FilePath
    /// How many segments the daemon knows: declared, or still in use.
    public var segmentCount: Int
    /// How many of these cannot be created.
    public var blockedCount: Int
    /// How many leases clients hold.
    public var leaseCount: Int
    /// How many clients are connected, the caller included.
    public var connectionCount: Int
    /// The size of the broker's segments in the kernel, all together.
    public var totalSize: ByteCount
    /// The inode of the broker's IPC namespace.
    public var ipcNamespace: UInt64
    /// How many segments the IPC namespace holds, whoever created them.
    public var kernelSegmentCount: Int
    /// The most segments that the IPC namespace may hold: `kernel.shmmni`.
    public var kernelSegmentLimit: Int
    /// The most memory that all its segments together may have: `kernel.shmall`.
    public var kernelSizeLimit: ByteCount
    /// Problems of the host, and doubtful declarations.
    public var warnings: [SegmentProblem]

    package init(
        version: String,
        processID: Int32,
        startedMicroseconds: Int64,
        configurationDirectory: FilePath,
        segmentCount: Int,
        blockedCount: Int,
        leaseCount: Int,
        connectionCount: Int,
        totalSize: ByteCount,
        ipcNamespace: UInt64,
        kernelSegmentCount: Int,
        kernelSegmentLimit: Int,
        kernelSizeLimit: ByteCount,
        warnings: [SegmentProblem]
    ) {
        self.version = version
        self.processID = processID
        self.startedMicroseconds = startedMicroseconds
        self.configurationDirectory = configurationDirectory
        self.segmentCount = segmentCount
        self.blockedCount = blockedCount
        self.leaseCount = leaseCount
        self.connectionCount = connectionCount
        self.totalSize = totalSize
        self.ipcNamespace = ipcNamespace
        self.kernelSegmentCount = kernelSegmentCount
        self.kernelSegmentLimit = kernelSegmentLimit
        self.kernelSizeLimit = kernelSizeLimit
        self.warnings = warnings
    }
}
