import SystemPackage
import Testing

@testable import SystemVSharedMemory

@Suite struct StatusOfAnyTests {
    private let identifier = SegmentIdentifier(rawValue: 0x1_8003)

    private func status(_ size: UInt64) -> SegmentStatus {
        SegmentStatus(
            key: .private,
            ownerUserID: 0,
            ownerGroupID: 0,
            creatorUserID: 0,
            creatorGroupID: 0,
            mode: [],
            isMarkedForRemoval: false,
            size: size,
            attachmentCount: 0,
            creatorProcessID: 1,
            lastAttach: 0,
            lastDetach: 0,
            lastChange: 0
        )
    }

    /// Runs a query in which IPC_STAT fails with the first errno and then with the last, and SHM_STAT_ANY
    /// with the others.
    private func ask(
        _ first: Errno,
        byIndex: Result<(SegmentIdentifier, SegmentStatus), Errno>,
        last: Errno? = nil
    ) -> Result<SegmentStatus, Errno> {
        var answers = [first, last ?? first]
        do throws(Errno) {
            return .success(
                try StatusOfAny(identifier).status(
                    byIdentifier: { () throws(Errno) in throw answers.removeFirst() },
                    byIndex: { (_) throws(Errno) in try byIndex.get() }
                )
            )
        } catch {
            return .failure(error)
        }
    }

    @Test func `an unknown or filtered command is not an answer`() {
        #expect(ask(.permissionDenied, byIndex: .failure(.invalidArgument)) == .failure(.noFunction))
        #expect(ask(.permissionDenied, byIndex: .failure(.noFunction)) == .failure(.noFunction))
        #expect(ask(.permissionDenied, byIndex: .failure(.notPermitted)) == .failure(.notPermitted))
    }

    @Test func `a segment is gone if IPC_STAT says so, before or after`() {
        for errno in [Errno.invalidArgument, .identifierRemoved] {
            #expect(ask(errno, byIndex: .failure(.noFunction)) == .failure(errno))
            #expect(
                ask(.permissionDenied, byIndex: .failure(.invalidArgument), last: errno) == .failure(errno)
            )
        }
    }

    @Test func `another segment at its index is not the same`() {
        let other = (SegmentIdentifier(rawValue: 0x2_8003), status(1))
        #expect(
            ask(.permissionDenied, byIndex: .success(other), last: .invalidArgument)
                == .failure(.invalidArgument)
        )
        #expect(ask(.permissionDenied, byIndex: .success((identifier, status(2)))) == .success(status(2)))
    }

    @Test(arguments: [(0x1_8003, [3, 0x1_8003]), (0x100_0001, [1, 1])] as [(Int32, [Int32])])
    func `its index has 15 bits, or 24 with ipcmni_extend`(identifier: Int32, indices: [Int32]) {
        var asked: [Int32] = []
        _ = try? StatusOfAny(SegmentIdentifier(rawValue: identifier)).status(
            byIdentifier: { () throws(Errno) in throw .permissionDenied },
            byIndex: { (index) throws(Errno) in
                asked.append(index)
                throw .invalidArgument
            }
        )
        #expect(asked == indices)
    }

    @Test func `a readable segment needs no index`() throws {
        let found = try StatusOfAny(identifier).status(
            byIdentifier: { () throws(Errno) in status(7) },
            byIndex: { (_) throws(Errno) in throw .noFunction }
        )
        #expect(found == status(7))
    }
}

@Suite struct MemoryLimitsTests {
    private func limits(_ meminfo: String, _ mode: String = "2\n") -> MemoryLimits? {
        MemoryLimits(meminfo: Array(meminfo.utf8), overcommitMode: Array(mode.utf8))
    }

    private let meminfo = """
        MemTotal:       24611128 kB
        MemFree:         1048576 kB
        SwapTotal:             0 kB
        CommitLimit:    12305564 kB
        Committed_AS:    2097152 kB
        HugePages_Total:       0

        """

    @Test func `sizes are in bytes`() {
        #expect(
            limits(meminfo)
                == MemoryLimits(
                    ram: 24_611_128 << 10,
                    swap: 0,
                    overcommit: .never,
                    commitLimit: 12_305_564 << 10,
                    committed: 2 << 30
                )
        )
        #expect(limits(meminfo, "0\n")?.overcommit == .heuristic)
    }

    @Test func `unreadable values are absent`() {
        #expect(limits(meminfo, "3\n") == nil)
        #expect(limits(meminfo, "") == nil)
        #expect(limits(meminfo.replacing("SwapTotal", with: "Swap")) == nil)
        #expect(limits(meminfo.replacing("24611128", with: "x")) == nil)
        #expect(limits(meminfo.replacing("24611128", with: "18446744073709551615"))?.ram == .max)
    }

    @Test func `this host's memory and limits are reported`() throws {
        let limits = try #require(LinuxKernel().memoryLimits())
        #expect(limits.ram > 0)
        #expect(limits.commitLimit > 0)
        #expect(LinuxKernel().addressSpaceLimit() != 0)
    }
}
