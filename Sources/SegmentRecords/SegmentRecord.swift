package import SegmentModel
package import SystemVSharedMemory

/// Which segment of the kernel a name got.
///
/// Written before shmget(2) without an identifier and completed after it. It is never believed against the kernel.
package struct SegmentRecord: Equatable, Sendable {
    package var name: SegmentName
    package var key: SegmentKey
    /// In bytes, as asked of shmget(2).
    package var size: UInt64
    /// `shm_perm.cuid`.
    package var creatorUserID: UInt32
    /// Nil from before shmget(2) until after it.
    package var identifier: SegmentIdentifier?
    /// CLOCK_REALTIME, in µs; nil for a segment that was found, not made.
    package var created: Int64?

    package init(
        name: SegmentName,
        key: SegmentKey,
        size: UInt64,
        creatorUserID: UInt32,
        identifier: SegmentIdentifier? = nil,
        created: Int64? = nil
    ) {
        self.name = name
        self.key = key
        self.size = size
        self.creatorUserID = creatorUserID
        self.identifier = identifier
        self.created = created
    }
}
