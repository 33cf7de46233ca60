/// How much of a segment lies in RAM and in swap, in bytes; see `rss` and `swap` of `/proc/sysvipc/shm`.
package struct SegmentMemory: Equatable, Sendable {
    package var resident: UInt64
    package var swapped: UInt64

    package init(resident: UInt64, swapped: UInt64) {
        self.resident = resident
        self.swapped = swapped
    }
}
