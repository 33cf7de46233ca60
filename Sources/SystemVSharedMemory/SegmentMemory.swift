/// How much of a segment lies in RAM and in swap, in bytes; see `rss` and `swap` of `/proc/sysvipc/shm`.
public struct SegmentMemory: Equatable, Sendable {
    /// In RAM.
    public var resident: UInt64
    /// In swap.
    public var swapped: UInt64

    package init(resident: UInt64, swapped: UInt64) {
        self.resident = resident
        self.swapped = swapped
    }
}
