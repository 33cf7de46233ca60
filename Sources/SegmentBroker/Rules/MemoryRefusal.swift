package import SegmentModel
package import SystemVSharedMemory

/// Explains ENOMEM, which rarely means that free memory is short.
///
/// shmget(2) makes the kernel promise the whole size, touched or not; shmat(2) takes only address space of
/// the daemon.
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

/// Rounds down to whole MiB, since the kernel's KiB rarely have a larger unit.
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
            message:
                "\(size) is more than the kernel promises in total, \(wholeMebibytes(memory.commitLimit)) "
                + "with \(wholeMebibytes(memory.ram)) of RAM and \(wholeMebibytes(memory.swap)) of swap: "
                + "vm.overcommit_memory is 2",
            remedy: "declare a smaller size, add swap, or raise vm.overcommit_ratio with sysctl; "
                + "freeing memory does not help"
        )
    }

    /// Omits the current numbers, which change all the time, so that the problem is logged once.
    fileprivate static func promised(_ size: ByteCount, _ memory: MemoryLimits) -> SegmentProblem {
        SegmentProblem(
            .outOfMemory,
            message:
                "the kernel's commit limit of \(wholeMebibytes(memory.commitLimit)) leaves no room for another "
                + "\(size): vm.overcommit_memory is 2",
            remedy: "end programs that have much memory committed (Committed_AS in /proc/meminfo), declare a "
                + "smaller size, or raise vm.overcommit_ratio with sysctl; segmentd tries again by itself"
        )
    }
}
