import POSIX
import SystemPackage

/// Facts that only `/proc` provides; see proc(5).
extension LinuxKernel {
    package func memory() -> [SegmentIdentifier: SegmentMemory] {
        guard let text = try? FilePath("/proc/sysvipc/shm").contents() else { return [:] }
        var memory: [SegmentIdentifier: SegmentMemory] = [:]
        for line in text.split(separator: UInt8(ascii: "\n")).dropFirst() {
            let columns = line.split(separator: UInt8(ascii: " "))
            guard columns.count >= 16, let identifier = Int32(decimal: columns[1]),
                let resident = UInt64(decimal: columns[14]), let swapped = UInt64(decimal: columns[15])
            else { continue }
            memory[SegmentIdentifier(rawValue: identifier)] = SegmentMemory(
                resident: resident,
                swapped: swapped
            )
        }
        return memory
    }

    package func memoryLimits() -> MemoryLimits? {
        guard let meminfo = try? FilePath("/proc/meminfo").contents(),
            let mode = try? FilePath("/proc/sys/vm/overcommit_memory").contents()
        else { return nil }
        return MemoryLimits(meminfo: meminfo, overcommitMode: mode)
    }

    package func isGone(process: Int32) -> Bool { !Process(process).exists }

    package func destroysUnattachedSegments() -> Bool? {
        (try? FilePath("/proc/sys/kernel/shm_rmid_forced").contents()).map { $0.first == UInt8(ascii: "1") }
    }
}

extension MemoryLimits {
    /// Fails if either text is not in the format of proc(5).
    init?(meminfo: [UInt8], overcommitMode: [UInt8]) {
        var sizes: [String: UInt64] = [:]
        for line in meminfo.split(separator: UInt8(ascii: "\n")) {
            let columns = line.split(separator: UInt8(ascii: " "))
            guard columns.count == 3, let kibibytes = UInt64(decimal: columns[1]) else { continue }
            let (bytes, overflow) = kibibytes.multipliedReportingOverflow(by: 1024)
            sizes[String(decoding: columns[0], as: UTF8.self)] = overflow ? .max : bytes
        }
        guard let ram = sizes["MemTotal:"], let swap = sizes["SwapTotal:"],
            let commitLimit = sizes["CommitLimit:"], let committed = sizes["Committed_AS:"],
            let mode = Int(decimal: overcommitMode.prefix { $0 != UInt8(ascii: "\n") }),
            let overcommit = Overcommit(rawValue: mode)
        else { return nil }
        self.init(
            ram: ram,
            swap: swap,
            overcommit: overcommit,
            commitLimit: commitLimit,
            committed: committed
        )
    }
}

extension FixedWidthInteger {
    fileprivate init?(decimal digits: ArraySlice<UInt8>) {
        guard !digits.isEmpty else { return nil }
        self = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            let (tens, overflow) = multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(Self(digit - 0x30))
            guard !overflow, !carry else { return nil }
            self = sum
        }
    }
}
