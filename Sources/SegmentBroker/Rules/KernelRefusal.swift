package import SegmentModel
package import SystemPackage
package import SystemVSharedMemory

/// Explains why the kernel refused a call; shmget(2), shmat(2), shmctl(2).
package enum KernelRefusal {
    /// Returns the remedy for a limit that leaves no room.
    static func roomRemedy(_ limit: String) -> String {
        "remove unused segments (nattch 0 in `ipcs -m`) with `ipcrm`, or raise \(limit) with sysctl"
    }

    package static func problem(
        call: String,
        errno: Errno,
        size: ByteCount,
        limits: KernelLimits?,
        memory: MemoryLimits? = nil,
        addressSpace: UInt64? = nil
    ) -> SegmentProblem {
        switch errno {
        case .invalidArgument where limits.map({ size.bytes > $0.largestSegment }) ?? (call == "shmget"):
            .kernelLimit(
                "the size, \(size), exceeds the kernel's largest segment"
                    + (limits.map { ", \($0.largestSegment) bytes" } ?? ""),
                remedy: "declare a smaller size, or raise kernel.shmmax with sysctl"
            )
        case .invalidArgument where call == "shmctl":
            SegmentProblem(
                .kernelRefused,
                message:
                    "the kernel does not know the segment's group here: the user namespace does not map it",
                remedy: "remove PrivateUsers= from the unit, or declare a group that the namespace maps"
            )
        case .noSpace:
            if let limits, limits.segmentsInUse >= limits.segments {
                .kernelLimit(
                    "all \(limits.segments) identifiers of the kernel are in use",
                    remedy: roomRemedy("kernel.shmmni")
                )
            } else {
                .kernelLimit(
                    "the kernel's limit for all segments together leaves no room for \(size)",
                    remedy: roomRemedy("kernel.shmall")
                )
            }
        case .noMemory:
            MemoryRefusal.problem(call: call, size: size, memory: memory, addressSpace: addressSpace)
        case .resourceTemporarilyUnavailable where call == "shmat":
            SegmentProblem(
                .outOfMemory,
                message: "the daemon's memory is locked, and it may not lock \(size) more (RLIMIT_MEMLOCK)",
                remedy: "raise LimitMEMLOCK= of segmentd.service, or declare a smaller size"
            )
        // The kernel itself lets anyone create and attach segments, so a filter must have refused the call.
        case .noFunction,
            .notPermitted where call != "shmctl":
            SegmentProblem(
                .kernelRefused,
                message: "the daemon may not call \(call): \(errno)",
                remedy:
                    "a seccomp filter refuses it: see SystemCallFilter= of segmentd.service, or the profile of "
                    + "the container; segmentd tries again by itself"
            )
        default:
            SegmentProblem(
                .kernelRefused,
                message: "\(call) failed: \(errno)",
                remedy: "segmentd tries again by itself; see \(call)(2)"
            )
        }
    }
}

extension SegmentProblem {
    static func kernelLimit(_ message: String, remedy: String) -> SegmentProblem {
        SegmentProblem(.kernelLimit, message: message, remedy: remedy)
    }
}
