/// The daemon and the kernel's limits: the reply of GetStatus.
package struct DaemonStatus: Equatable, Sendable {
    package var version: String
    package var processID: Int32
    /// CLOCK_REALTIME, in µs.
    package var started: Int64
    /// The directory of the configuration.
    package var configuration: String
    package var segments: Int
    package var blocked: Int
    package var leases: Int
    package var connections: Int
    /// The sum of the sizes of the broker's segments.
    package var segmentBytes: UInt64
    /// The inode of the IPC namespace.
    package var ipcNamespace: UInt64
    /// Segments in the IPC namespace, whoever made them.
    package var kernelSegments: Int
    package var kernelSegmentsMax: Int
    package var kernelSegmentBytesMax: UInt64
    package var warnings: [SegmentProblem]

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
