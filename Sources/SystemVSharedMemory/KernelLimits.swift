/// The limits of this IPC namespace (`IPC_INFO`) and what is used of them (`SHM_INFO`); see shmctl(2).
package struct KernelLimits: Equatable, Sendable {
    /// `SHMMAX`: the largest segment, in bytes.
    package var largestSegment: UInt64
    /// `SHMMNI`: how many segments there may be.
    package var segments: Int
    /// `SHMALL` in bytes: how much all segments together may hold; saturates at the largest value.
    package var totalBytes: UInt64
    /// How many segments there are now, whoever made them.
    package var segmentsInUse: Int
    /// What all segments together hold now, in bytes of whole pages; saturates too: who makes a segment of 2^63 bytes
    /// that are not reserved needs no memory for it.
    package var bytesInUse: UInt64

    package init(
        largestSegment: UInt64,
        segments: Int,
        totalBytes: UInt64,
        segmentsInUse: Int,
        bytesInUse: UInt64
    ) {
        self.largestSegment = largestSegment
        self.segments = segments
        self.totalBytes = totalBytes
        self.segmentsInUse = segmentsInUse
        self.bytesInUse = bytesInUse
    }
}
