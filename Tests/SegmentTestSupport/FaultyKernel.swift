import SystemPackage
import SystemVSharedMemory

/// A kernel that fails one call of a plan, and counts the calls.
package final class FaultyKernel: SharedMemoryKernel, @unchecked Sendable {
    package enum Call: String, CaseIterable, Sendable {
        case ftok, shmget, shmat, shmdt, stat, statAny, set, remove, madvise, limits
    }

    private let base: any SharedMemoryKernel
    /// The calls made so far.
    package private(set) var calls: [Call] = []
    /// Fails the call of this index, counted from 0 over all calls.
    package var failing: (index: Int, errno: Errno)?

    /// Fails each shmat(2) with ENOMEM.
    package var refusesAttachments = false

    package init(_ base: any SharedMemoryKernel) {
        self.base = base
    }

    /// Forgets the calls made so far.
    package func restart() { calls = [] }

    private func pass(_ call: Call) throws(Errno) {
        calls.append(call)
        if let failing, failing.index == calls.count - 1 { throw failing.errno }
    }

    package func key(ofFile path: FilePath, project: UInt8) throws(Errno) -> SegmentKey {
        try pass(.ftok)
        return try base.key(ofFile: path, project: project)
    }

    package func get(
        _ key: SegmentKey,
        size: UInt64,
        flags: CreationFlags,
        mode: FilePermissions
    ) throws(Errno) -> SegmentIdentifier {
        try pass(.shmget)
        return try base.get(key, size: size, flags: flags, mode: mode)
    }

    package func attach(_ identifier: SegmentIdentifier, readOnly: Bool) throws(Errno) -> AttachmentAddress {
        try pass(.shmat)
        guard !refusesAttachments else { throw .noMemory }
        return try base.attach(identifier, readOnly: readOnly)
    }

    package func detach(_ address: AttachmentAddress) throws(Errno) {
        try pass(.shmdt)
        try base.detach(address)
    }

    package func status(_ identifier: SegmentIdentifier) throws(Errno) -> SegmentStatus {
        try pass(.stat)
        return try base.status(identifier)
    }

    package func statusOfAny(_ identifier: SegmentIdentifier) throws(Errno) -> SegmentStatus {
        try pass(.statAny)
        return try base.statusOfAny(identifier)
    }

    package func setOwner(
        _ identifier: SegmentIdentifier,
        userID: UInt32,
        groupID: UInt32,
        mode: FilePermissions
    ) throws(Errno) {
        try pass(.set)
        try base.setOwner(identifier, userID: userID, groupID: groupID, mode: mode)
    }

    package func remove(_ identifier: SegmentIdentifier) throws(Errno) {
        try pass(.remove)
        try base.remove(identifier)
    }

    package func allSegments() throws(Errno) -> [SegmentIdentifier: SegmentStatus] { try base.allSegments() }

    package func limits() throws(Errno) -> KernelLimits {
        try pass(.limits)
        return try base.limits()
    }

    package func memory() -> [SegmentIdentifier: SegmentMemory] { base.memory() }

    package func excludeFromCoreDumps(_ address: AttachmentAddress, size: UInt64) throws(Errno) {
        try pass(.madvise)
        try base.excludeFromCoreDumps(address, size: size)
    }

    package func ipcNamespace() throws(Errno) -> UInt64 { try base.ipcNamespace() }

    package func destroysUnattachedSegments() -> Bool? { base.destroysUnattachedSegments() }
}
