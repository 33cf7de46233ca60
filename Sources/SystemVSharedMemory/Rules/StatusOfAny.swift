import SystemPackage

/// Asks for a segment that the caller may not read, so that "no" and "no answer" stay apart; `SHM_STAT_ANY` of
/// shmctl(2).
///
/// An unused index and an unknown command have the same errno, EINVAL; only `IPC_STAT` tells whether a segment is
/// there that the command does not show: on Linux before 4.17, and wherever a filter refuses it.
struct StatusOfAny {
    let identifier: SegmentIdentifier

    init(_ identifier: SegmentIdentifier) {
        self.identifier = identifier
    }

    /// The index is the low part of an identifier; how many bits of it depends on the boot option ipcmni_extend.
    private var indices: [Int32] { [15, 24].map { identifier.rawValue & (1 << $0 - 1) } }

    /// `byIdentifier` is `IPC_STAT`, `byIndex` is `SHM_STAT_ANY`.
    ///
    /// Throws EINVAL and EIDRM only where there is no such segment, ENOSYS where the kernel cannot say.
    func ask(
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
        // It may have gone between the two.
        do throws(Errno) { return try byIdentifier() } catch {
            throw error == .permissionDenied ? .noFunction : error
        }
    }
}
