package import SegmentModel
package import SystemVSharedMemory

/// Warnings about kernel limits that would keep segments from being created now; sysctl's kernel.shmmni,
/// shmmax and shmall.
///
/// Limits do not affect existing segments. A warning's text stays the same while the limit does, so it is
/// logged once.
package enum LimitWarnings {
    /// The largest live segment, ordered by size, then by name.
    package struct Largest: Comparable, Sendable {
        package var name: SegmentName
        package var bytes: UInt64

        package init(name: SegmentName, bytes: UInt64) {
            self.name = name
            self.bytes = bytes
        }

        package static func < (one: Largest, other: Largest) -> Bool {
            (one.bytes, other.name) < (other.bytes, one.name)
        }
    }

    package static func warnings(_ limits: KernelLimits, largest: Largest?) -> [SegmentProblem] {
        var warnings: [SegmentProblem] = []
        if limits.segmentsInUse >= limits.segments {
            warnings.append(
                .kernelLimit(
                    "kernel.shmmni (\(limits.segments)) is exhausted: "
                        + "no segment can be created",
                    remedy: KernelRefusal.roomRemedy("kernel.shmmni")
                )
            )
        }
        if limits.bytesInUse >= limits.totalBytes {
            warnings.append(
                .kernelLimit(
                    "kernel.shmall (\(ByteCount(bytes: limits.totalBytes))) is exhausted: "
                        + "no segment can be created",
                    remedy: KernelRefusal.roomRemedy("kernel.shmall")
                )
            )
        }
        if let largest, largest.bytes > limits.largestSegment {
            warnings.append(
                .kernelLimit(
                    "kernel.shmmax is \(limits.largestSegment) bytes: segment \(largest.name) has "
                        + "\(ByteCount(bytes: largest.bytes)) and could not be created again",
                    remedy: "raise kernel.shmmax with sysctl"
                )
            )
        }
        return warnings
    }
}
