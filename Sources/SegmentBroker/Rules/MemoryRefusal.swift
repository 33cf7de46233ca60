package import SegmentModel
package import SystemVSharedMemory

/// What it means that the kernel has no memory for a segment (ENOMEM): free memory is rarely what is missing.
///
/// shmget(2) makes the kernel promise the whole size, whatever is touched of it; shmat(2) takes room in the address
/// space of the daemon alone.
package enum MemoryRefusal {
    package static func problem(
        call: String,
        size: ByteCount,
        memory: MemoryLimits?,
        addressSpace: UInt64?
    ) -> SegmentProblem {
        if call == "shmat" {
            if let addressSpace { return .addressSpaceLimited(size, ByteCount(bytes: addressSpace)) }
        } else if call == "shmget", let memory {
            let (there, overflow) = memory.ram.addingReportingOverflow(memory.swap)
            switch memory.overcommit {
            case .heuristic where !overflow && size.bytes > there: return .largerThanMemory(size, memory)
            case .never where size.bytes > memory.commitLimit: return .largerThanCommitLimit(size, memory)
            case .never: return .promised(size, memory)
            case .heuristic, .always: break
            }
        }
        return SegmentProblem(
            .outOfMemory,
            message: "the kernel has no memory for \(size) (\(call))",
            remedy: "free memory, or declare a smaller size; segmentd tries again by itself"
        )
    }
}

/// A size for people: what the kernel counts in KiB has no larger unit that fits.
private func wholeMebibytes(_ bytes: UInt64) -> ByteCount { ByteCount(bytes: (bytes >> 20) << 20) }

extension SegmentProblem {
    fileprivate static func addressSpaceLimited(_ size: ByteCount, _ limit: ByteCount) -> SegmentProblem {
        SegmentProblem(
            .outOfMemory,
            message: "the daemon cannot attach \(size): its address space is limited to \(limit) (RLIMIT_AS)",
            remedy: "raise LimitAS= of segmentd.service, or declare a smaller size"
        )
    }

    fileprivate static func largerThanMemory(_ size: ByteCount, _ memory: MemoryLimits) -> SegmentProblem {
        SegmentProblem(
            .outOfMemory,
            message: "\(size) is more than this host has, \(wholeMebibytes(memory.ram)) of RAM and "
                + "\(wholeMebibytes(memory.swap)) of swap, and vm.overcommit_memory is 0",
            remedy: "declare a smaller size, add RAM or swap, or set vm.overcommit_memory to 1 with sysctl; "
                + "freeing memory does not help"
        )
    }

    fileprivate static func largerThanCommitLimit(_ size: ByteCount, _ memory: MemoryLimits) -> SegmentProblem
    {
        SegmentProblem(
            .outOfMemory,
            message: "\(size) is more than the kernel promises in all, \(wholeMebibytes(memory.commitLimit)) "
                + "with \(wholeMebibytes(memory.ram)) of RAM and \(wholeMebibytes(memory.swap)) of swap: "
                + "vm.overcommit_memory is 2",
            remedy: "declare a smaller size, add swap, or raise vm.overcommit_ratio with sysctl; "
                + "freeing memory does not help"
        )
    }

    /// The numbers change all the time and are left out, so that this is said once.
    fileprivate static func promised(_ size: ByteCount, _ memory: MemoryLimits) -> SegmentProblem {
        SegmentProblem(
            .outOfMemory,
            message:
                "the kernel has promised too much of its \(wholeMebibytes(memory.commitLimit)) to others "
                + "for \(size): vm.overcommit_memory is 2",
            remedy: "end programs that have much memory committed (Committed_AS in /proc/meminfo), declare a "
                + "smaller size, or raise vm.overcommit_ratio with sysctl; segmentd tries again by itself"
        )
    }
}
