import CLinux
import Glibc
import POSIX
package import SystemPackage

/// The kernel that this process runs on.
package struct LinuxKernel: SharedMemoryKernel {
    package init() {}

    package func key(ofFile path: FilePath, project: UInt8) throws(Errno) -> SegmentKey {
        let key = try valueOrErrno { unsafe ftok(path.string, Int32(project)) }
        return SegmentKey(rawValue: key)
    }

    package func get(
        _ key: SegmentKey,
        size: UInt64,
        flags: CreationFlags,
        mode: FilePermissions
    ) throws(Errno) -> SegmentIdentifier {
        // A size that does not fit in size_t is above every limit.
        guard let size = Int(exactly: size) else { throw .invalidArgument }
        let identifier = try valueOrErrno {
            shmget(key.rawValue, size, flags.rawValue | Int32(mode.rawValue))
        }
        return SegmentIdentifier(rawValue: identifier)
    }

    package func attach(_ identifier: SegmentIdentifier, readOnly: Bool) throws(Errno) -> AttachmentAddress {
        let address = unsafe shmat(identifier.rawValue, nil, readOnly ? SHM_RDONLY : 0)
        let errno = errno
        guard let address = unsafe address, unsafe address != UnsafeMutableRawPointer(bitPattern: -1) else {
            throw Errno(rawValue: errno)
        }
        return AttachmentAddress(rawValue: UInt(bitPattern: address))
    }

    package func detach(_ address: AttachmentAddress) throws(Errno) {
        _ = try valueOrErrno { unsafe shmdt(UnsafeRawPointer(bitPattern: address.rawValue)) }
    }

    package func status(_ identifier: SegmentIdentifier) throws(Errno) -> SegmentStatus {
        var status = clinux_shm_status()
        _ = try valueOrErrno { unsafe clinux_shm_status(identifier.rawValue, &status) }
        return SegmentStatus(status)
    }

    package func statusOfAny(_ identifier: SegmentIdentifier) throws(Errno) -> SegmentStatus {
        try StatusOfAny(identifier).status(
            byIdentifier: { () throws(Errno) in try status(identifier) },
            byIndex: { (index) throws(Errno) in
                var status = clinux_shm_status()
                _ = try valueOrErrno { unsafe clinux_shm_status_by_index(index, &status) }
                return (SegmentIdentifier(rawValue: status.identifier), SegmentStatus(status))
            }
        )
    }

    package func setOwner(
        _ identifier: SegmentIdentifier,
        userID: UInt32,
        groupID: UInt32,
        mode: FilePermissions
    ) throws(Errno) {
        _ = try valueOrErrno {
            clinux_shm_set(identifier.rawValue, userID, groupID, UInt32(mode.rawValue))
        }
    }

    package func remove(_ identifier: SegmentIdentifier) throws(Errno) {
        _ = try valueOrErrno { shmctl(identifier.rawValue, IPC_RMID, nil) }
    }

    package func allSegments() throws(Errno) -> [SegmentIdentifier: SegmentStatus] {
        var limits = clinux_shm_limits()
        _ = try valueOrErrno { unsafe clinux_shm_limits(&limits) }
        var segments: [SegmentIdentifier: SegmentStatus] = [:]
        for index in 0...max(0, limits.highest_index) {
            var status = clinux_shm_status()
            do throws(Errno) {
                _ = try valueOrErrno { unsafe clinux_shm_status_by_index(index, &status) }
            } catch .invalidArgument { continue } catch .identifierRemoved { continue }
            segments[SegmentIdentifier(rawValue: status.identifier)] = SegmentStatus(status)
        }
        // A kernel without `SHM_STAT_ANY` reports every index as unused.
        if segments.isEmpty, limits.segments_in_use > 0, try self.limits().segmentsInUse > 0 {
            throw .noFunction
        }
        return segments
    }

    package func limits() throws(Errno) -> KernelLimits {
        var limits = clinux_shm_limits()
        _ = try valueOrErrno { unsafe clinux_shm_limits(&limits) }
        return KernelLimits(
            largestSegment: limits.largest_segment,
            segments: Int(clamping: limits.segments),
            totalBytes: limits.total_pages.multipliedSaturated(by: limits.page_size),
            segmentsInUse: Int(clamping: limits.segments_in_use),
            bytesInUse: limits.pages_in_use.multipliedSaturated(by: limits.page_size)
        )
    }

    package func addressSpaceLimit() -> UInt64? { ThisProcess.addressSpaceLimit }

    package func excludeFromCoreDumps(_ address: AttachmentAddress, size: UInt64) throws(Errno) {
        let pointer = unsafe UnsafeMutableRawPointer(bitPattern: address.rawValue)
        _ = try valueOrErrno { unsafe madvise(pointer, Int(clamping: size), MADV_DONTDUMP) }
    }

    package func ipcNamespace() throws(Errno) -> UInt64 { try ThisProcess.namespace("ipc") }
}

extension SegmentStatus {
    init(_ status: clinux_shm_status) {
        self.init(
            key: SegmentKey(rawValue: status.key),
            ownerUserID: status.owner_user,
            ownerGroupID: status.owner_group,
            creatorUserID: status.creator_user,
            creatorGroupID: status.creator_group,
            mode: FilePermissions(rawValue: CModeT(status.mode & 0o777)),
            isMarkedForRemoval: status.mode & 0o1000 != 0,
            size: status.size,
            attachmentCount: status.attachments,
            creatorProcessID: status.creator_process,
            lastProcessID: status.last_process,
            lastAttach: status.attach_time,
            lastDetach: status.detach_time,
            lastChange: status.change_time
        )
    }
}
