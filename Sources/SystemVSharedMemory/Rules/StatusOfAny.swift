import SystemPackage

/// Reads the status of a segment that the caller may not read, keeping "no such segment" apart from "the
/// kernel does not say"; `SHM_STAT_ANY` of shmctl(2).
///
/// An unused index and an unsupported command both fail with EINVAL. Where the command is unavailable (Linux
/// before 4.17, or a seccomp filter), only `IPC_STAT` tells whether the segment exists.
struct StatusOfAny {
    let identifier: SegmentIdentifier

    init(_ identifier: SegmentIdentifier) {
        self.identifier = identifier
    }

    /// The candidate indices: an index is the low 15 bits of an identifier, or the low 24 with the boot
    /// option ipcmni_extend.
    private var indices: [Int32] { [15, 24].map { identifier.rawValue & (1 << $0 - 1) } }

    /// Tries `IPC_STAT` (`byIdentifier`), then `SHM_STAT_ANY` (`byIndex`).
    ///
    /// Throws EINVAL or EIDRM only if there is no such segment, and ENOSYS if the kernel cannot say.
    func status(
        byIdentifier: () throws(Errno) -> SegmentStatus,
        byIndex: (Int32) throws(Errno) -> (SegmentIdentifier, SegmentStatus)
    ) throws(Errno) -> SegmentStatus {
        do throws(Errno) { return try byIdentifier() } catch {
            guard error == .permissionDenied else { throw error }
        }
        for index in indices {
            do throws(Errno) {
                let (found, status) = try byIndex(index)
                if found == identifier { return status }
            } catch {
                guard error == .invalidArgument || error == .identifierRemoved else { throw error }
            }
        }
        // It may have been removed between the two calls.
        do throws(Errno) { return try byIdentifier() } catch {
            throw error == .permissionDenied ? .noFunction : error
        }
    }
}
