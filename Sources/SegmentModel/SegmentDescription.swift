package import SystemPackage
package import SystemVSharedMemory

/// All that is known of one segment at one moment: the `Segment` of the interface.
package struct SegmentDescription: Equatable, Sendable {
    package var name: SegmentName
    package var summary: String?
    package var state: SegmentState
    package var problems: [SegmentProblem] = []
    /// Nil while absent or blocked.
    package var key: SegmentKey?
    /// Nil while absent or blocked.
    package var identifier: SegmentIdentifier?
    /// Bytes: the kernel's where the segment exists, else the declared.
    package var size: ByteCount
    /// The kernel's where the segment exists, else the declared.
    package var mode: FilePermissions
    /// A group's name, or its number where the name is not known.
    package var group: String
    /// `until-reboot`, `until-stop` or `while-used`.
    package var keep: String
    /// Mappings without the broker's own.
    package var attachments: Int = 0
    package var leases: [Lease] = []
    /// In RAM and in swap.
    package var memory: SegmentMemory?
    package var keyPath: String?
    package var keyProject: UInt8?
    /// CLOCK_REALTIME, in µs.
    package var created: Int64?
    /// CLOCK_REALTIME, in µs.
    package var lastAttach: Int64?
    /// CLOCK_REALTIME, in µs.
    package var lastDetach: Int64?
    package var configurationFile: String?

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
