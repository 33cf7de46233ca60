import SegmentBroker
import SegmentModel
import SystemPackage
import SystemVSharedMemory

/// System V shared memory in a dictionary, as described by shmget(2), shmat(2) and shmctl(2).
///
/// For one thread only. The contract suite verifies that it behaves like Linux.
package final class FakeKernel: SharedMemoryKernel, @unchecked Sendable {
    /// The user that makes the calls.
    package var userID: UInt32
    package var groupID: UInt32
    package var supplementaryGroupIDs: [UInt32] = []
    /// The process that makes the calls; its end detaches what it has attached.
    package var processID: Int32 = 1
    /// The inodes of the files that exist.
    package var files: [FilePath: UInt32] = [:]
    package var goneProcesses: Set<Int32> = []
    package var capacity = 4096
    package var largestSegment: UInt64 = 1 << 40
    package var totalBytes: UInt64 = 1 << 50
    package var namespace: UInt64 = 4_026_531_839
    package var destroysUnattached = false
    /// Limits and usage to report instead of the real ones.
    package var saidLimits: KernelLimits?
    package var saidMemory = SegmentMemory(resident: 4096, swapped: 0)
    /// The host's memory; nil if `/proc` cannot be read.
    package var memoryOfHost: MemoryLimits?
    /// `RLIMIT_AS`; nil without a limit.
    package var largestAddressSpace: UInt64?
    package private(set) var segments: [SegmentIdentifier: SegmentStatus] = [:]
    private var attachments: [AttachmentAddress: Mapping] = [:]
    /// kernel.shm_next_id: the identifier of the next new segment, if it is free; it may be one used before.
    package var nextIdentifier: SegmentIdentifier?
    private var lastIdentifier: Int32 = 0
    private var lastAddress: UInt = 0x7f00_0000_0000
    private var changes: Int64 = 1_800_000_000
    /// The clock; without one, every change takes a second.
    package var clock: ManualClock?
    private var time: Int64 { clock.map { $0.realtime() / 1_000_000 } ?? changes }

    private struct Mapping {
        var segment: SegmentIdentifier
        var user: UInt32
        var process: Int32
    }

    package init(userID: UInt32 = 990, groupID: UInt32 = 990) {
        self.userID = userID
        self.groupID = groupID
    }

    /// Makes calls as another user, in process 1.
    package func acting<Result>(
        as user: UInt32,
        group: UInt32? = nil,
        _ body: () throws -> Result
    ) rethrows -> Result {
        let own = (userID, groupID, processID)
        (userID, groupID, processID) = (user, group ?? user, 1)
        defer { (userID, groupID, processID) = own }
        return try body()
    }

    /// Makes calls as a process of a client.
    package func acting<Result, Failure: Error>(
        as client: Client,
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let own = (userID, groupID, supplementaryGroupIDs, processID)
        (userID, groupID) = (client.userID, client.groupID)
        (supplementaryGroupIDs, processID) = (client.supplementaryGroupIDs, client.processID)
        defer { (userID, groupID, supplementaryGroupIDs, processID) = own }
        return try body()
    }

    package func key(ofFile path: FilePath, project: UInt8) throws(Errno) -> SegmentKey {
        guard let inode = files[path] else { throw .noSuchFileOrDirectory }
        return SegmentKey(bits: UInt32(project) << 24 | 1 << 16 | inode & 0xffff)
    }

    package func get(
        _ key: SegmentKey,
        size: UInt64,
        flags: CreationFlags,
        mode: FilePermissions
    ) throws(Errno) -> SegmentIdentifier {
        if key != .private, let (identifier, status) = segments.first(where: { $0.value.key == key }) {
            guard !flags.isSuperset(of: [.create, .exclusive]) else { throw .fileExists }
            guard size <= status.size else { throw .invalidArgument }
            let wanted = (mode.rawValue >> 6 | mode.rawValue >> 3 | mode.rawValue) & 7
            guard grants(status, wanted) else { throw .permissionDenied }
            return identifier
        }
        guard key == .private || flags.contains(.create) else { throw .noSuchFileOrDirectory }
        guard size > 0, size <= largestSegment else { throw .invalidArgument }
        guard segments.count < capacity, bytesInUse.addingSaturated(Self.pages(size)) <= totalBytes else {
            throw .noSpace
        }
        changes += 1
        let identifier = newIdentifier()
        segments[identifier] = SegmentStatus(
            key: key,
            ownerUserID: userID,
            ownerGroupID: groupID,
            creatorUserID: userID,
            creatorGroupID: groupID,
            mode: mode,
            isMarkedForRemoval: false,
            size: size,
            attachmentCount: 0,
            creatorProcessID: processID,
            lastAttach: 0,
            lastDetach: 0,
            lastChange: time
        )
        return identifier
    }

    package func attach(_ identifier: SegmentIdentifier, readOnly: Bool) throws(Errno) -> AttachmentAddress {
        guard var status = segments[identifier] else { throw .invalidArgument }
        guard grants(status, readOnly ? 4 : 6) else { throw .permissionDenied }
        status.attachmentCount = status.attachmentCount.addingSaturated(1)
        status.lastAttach = time
        status.lastProcessID = processID
        segments[identifier] = status
        lastAddress += 0x1000_0000
        let address = AttachmentAddress(rawValue: lastAddress)
        attachments[address] = Mapping(segment: identifier, user: userID, process: processID)
        return address
    }

    package func detach(_ address: AttachmentAddress) throws(Errno) {
        guard let attachment = attachments.removeValue(forKey: address),
            var status = segments[attachment.segment]
        else {
            throw .invalidArgument
        }
        status.attachmentCount = status.attachmentCount.subtractingSaturated(1)
        status.lastDetach = time
        status.lastProcessID = attachment.process
        let isGone = status.attachmentCount == 0 && (status.isMarkedForRemoval || destroysUnattached)
        segments[attachment.segment] = isGone ? nil : status
    }

    /// Detaches everything of a user, as if all its processes were killed.
    package func detachAll(of user: UInt32) {
        for address in attachments.keys where attachments[address]?.user == user { try? detach(address) }
    }

    /// Detaches everything of a process, as if it were killed.
    package func detachAll(ofProcess process: Int32) {
        for address in attachments.keys where attachments[address]?.process == process {
            try? detach(address)
        }
    }

    /// Returns how many times a process has a segment attached.
    package func attachmentCount(of identifier: SegmentIdentifier, in process: Int32) -> Int {
        attachments.values.count { $0.segment == identifier && $0.process == process }
    }

    package func segment(at address: AttachmentAddress) -> SegmentIdentifier? {
        attachments[address]?.segment
    }

    package func status(_ identifier: SegmentIdentifier) throws(Errno) -> SegmentStatus {
        guard let status = segments[identifier] else { throw .invalidArgument }
        guard grants(status, 4) else { throw .permissionDenied }
        return status
    }

    package func statusOfAny(_ identifier: SegmentIdentifier) throws(Errno) -> SegmentStatus {
        guard let status = segments[identifier] else { throw .invalidArgument }
        return status
    }

    package func setOwner(
        _ identifier: SegmentIdentifier,
        userID: UInt32,
        groupID: UInt32,
        mode: FilePermissions
    ) throws(Errno) {
        var status = try changeable(identifier)
        changes += 1
        status.ownerUserID = userID
        status.ownerGroupID = groupID
        status.mode = FilePermissions(rawValue: mode.rawValue & 0o777)
        status.lastChange = time
        segments[identifier] = status
    }

    package func remove(_ identifier: SegmentIdentifier) throws(Errno) {
        var status = try changeable(identifier)
        guard status.attachmentCount > 0 else {
            segments[identifier] = nil
            return
        }
        status.isMarkedForRemoval = true
        status.key = .private
        segments[identifier] = status
    }

    package func allSegments() throws(Errno) -> [SegmentIdentifier: SegmentStatus] { segments }

    /// How long `limits` takes, to simulate many segments; no time without a clock.
    package var timeOfLimits = Duration.zero
    package private(set) var limitsRead = 0

    package func limits() throws(Errno) -> KernelLimits {
        limitsRead += 1
        clock?.now += timeOfLimits
        return saidLimits
            ?? KernelLimits(
                largestSegment: largestSegment,
                segments: capacity,
                totalBytes: totalBytes,
                segmentsInUse: segments.count,
                bytesInUse: bytesInUse
            )
    }

    private var bytesInUse: UInt64 {
        segments.values.reduce(0) { $0.addingSaturated(Self.pages($1.size)) }
    }

    /// Returns a size rounded up to whole pages, in bytes.
    private static func pages(_ size: UInt64) -> UInt64 {
        (size / 4096).addingSaturated(size % 4096 == 0 ? 0 : 1).multipliedSaturated(by: 4096)
    }

    package func memoryLimits() -> MemoryLimits? { memoryOfHost }

    package func addressSpaceLimit() -> UInt64? { largestAddressSpace }

    package func memory() -> [SegmentIdentifier: SegmentMemory] {
        segments.mapValues { _ in saidMemory }
    }

    /// Makes the kernel report changed numbers for a segment from now on.
    package func say(of identifier: SegmentIdentifier, _ change: (inout SegmentStatus) -> Void) {
        guard var status = segments[identifier] else { return }
        change(&status)
        segments[identifier] = status
    }

    /// Reports the real numbers of attachments again.
    package func countAttachments() {
        for identifier in segments.keys {
            let count = attachments.values.count { $0.segment == identifier }
            say(of: identifier) { $0.attachmentCount = UInt64(count) }
            if count == 0, segments[identifier]?.isMarkedForRemoval == true { segments[identifier] = nil }
        }
    }

    package func excludeFromCoreDumps(_ address: AttachmentAddress, size: UInt64) throws(Errno) {
        guard attachments[address] != nil else { throw .noMemory }
    }

    package func ipcNamespace() throws(Errno) -> UInt64 { namespace }

    package func isGone(process: Int32) -> Bool { goneProcesses.contains(process) }

    package func destroysUnattachedSegments() -> Bool? { destroysUnattached }

    private func newIdentifier() -> SegmentIdentifier {
        if let identifier = nextIdentifier, segments[identifier] == nil {
            nextIdentifier = nil
            return identifier
        }
        lastIdentifier += 1
        return SegmentIdentifier(rawValue: lastIdentifier)
    }

    /// Returns the status for IPC_SET and IPC_RMID, which require owner, creator or root.
    private func changeable(_ identifier: SegmentIdentifier) throws(Errno) -> SegmentStatus {
        guard let status = segments[identifier] else { throw .invalidArgument }
        guard userID == 0 || userID == status.ownerUserID || userID == status.creatorUserID else {
            throw .notPermitted
        }
        return status
    }

    private func grants(_ status: SegmentStatus, _ wanted: CModeT) -> Bool {
        if userID == 0 { return true }
        let shift: CModeT =
            userID == status.ownerUserID || userID == status.creatorUserID
            ? 6 : isMember(status.ownerGroupID) || isMember(status.creatorGroupID) ? 3 : 0
        return status.mode.rawValue >> shift & wanted == wanted
    }

    private func isMember(_ group: UInt32) -> Bool {
        groupID == group || supplementaryGroupIDs.contains(group)
    }
}
