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

/// What there is of memory, and how much of it the kernel promises; `/proc/meminfo` of proc(5).
package struct MemoryLimits: Equatable, Sendable {
    /// What the kernel promises beyond what it has; `vm.overcommit_memory`.
    package enum Overcommit: Int, Sendable {
        /// Each piece that is not larger than RAM and swap together.
        case heuristic = 0
        case always = 1
        /// No more in all than the commit limit.
        case never = 2
    }

    /// `MemTotal`: RAM, in bytes.
    package var ram: UInt64
    /// `SwapTotal`, in bytes.
    package var swap: UInt64
    package var overcommit: Overcommit
    /// `CommitLimit`: what may be promised in all where nothing is overcommitted, in bytes.
    package var commitLimit: UInt64
    /// `Committed_AS`: what has been promised, in bytes; an untouched segment counts with its whole size.
    package var committed: UInt64

    package init(
        ram: UInt64,
        swap: UInt64,
        overcommit: Overcommit,
        commitLimit: UInt64,
        committed: UInt64
    ) {
        self.ram = ram
        self.swap = swap
        self.overcommit = overcommit
        self.commitLimit = commitLimit
        self.committed = committed
    }
}

/// Arithmetic on numbers that others control: where the result does not fit, it is the nearest that does.
extension FixedWidthInteger {
    package func addingSaturated(_ other: Self) -> Self {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    package func subtractingSaturated(_ other: Self) -> Self {
        let (difference, overflow) = subtractingReportingOverflow(other)
        guard overflow else { return difference }
        return Self.isSigned && other < 0 ? .max : .min
    }

    package func multipliedSaturated(by other: Self) -> Self {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? ((self < 0) == (other < 0) ? .max : .min) : product
    }
}

extension Int64 {
    /// Seconds, as shmctl(2) counts time, in µs.
    package init(microsecondsIn seconds: Int64) {
        self = seconds.multipliedSaturated(by: 1_000_000)
    }
}
