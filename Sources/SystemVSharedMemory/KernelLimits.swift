/// The limits of this IPC namespace (`IPC_INFO`) and its current usage (`SHM_INFO`); see shmctl(2).
package struct KernelLimits: Equatable, Sendable {
    /// `SHMMAX`: the largest segment, in bytes.
    package var largestSegment: UInt64
    /// `SHMMNI`: the maximum number of segments.
    package var segments: Int
    /// `SHMALL` in bytes: the maximum total size of all segments; saturates at the largest value.
    package var totalBytes: UInt64
    /// The number of segments now, whoever created them.
    package var segmentsInUse: Int
    /// The total size of all segments now, in bytes of whole pages.
    ///
    /// Saturates as well: a segment of 2^63 bytes needs no memory if it is created with `SHM_NORESERVE`.
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

/// The host's memory and how much of it the kernel may promise; `/proc/meminfo` of proc(5).
package struct MemoryLimits: Equatable, Sendable {
    /// How far the kernel promises more memory than it has; `vm.overcommit_memory`.
    package enum Overcommit: Int, Sendable {
        /// Any single allocation up to the size of RAM and swap together.
        case heuristic = 0
        case always = 1
        /// Never more in total than the commit limit.
        case never = 2
    }

    /// `MemTotal`: RAM, in bytes.
    package var ram: UInt64
    /// `SwapTotal`, in bytes.
    package var swap: UInt64
    package var overcommit: Overcommit
    /// `CommitLimit`: the most that may be promised in total when overcommit is `never`, in bytes.
    package var commitLimit: UInt64
    /// `Committed_AS`: the memory promised so far, in bytes; an untouched segment counts with its whole size.
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

/// Arithmetic on untrusted numbers: a result that does not fit becomes the nearest value that does.
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
    /// Converts seconds, the unit of shmctl(2), to µs.
    package init(microsecondsIn seconds: Int64) {
        self = seconds.multipliedSaturated(by: 1_000_000)
    }
}
