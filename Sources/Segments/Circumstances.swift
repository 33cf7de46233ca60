import POSIX
import SystemPackage

extension SystemCallText.Circumstances {
    /// The circumstances of this process now; `socket` is the path whose mount is checked.
    init(ofThisProcessAnd socket: String?) {
        isRoot = ThisProcess.effectiveUserID == 0
        descriptors = ThisProcess.descriptorLimit
        lockedBytes = ThisProcess.lockedMemoryLimit
        addressSpace = ThisProcess.addressSpaceLimit
        isFiltered = Self.lines("/proc/self/status").contains("Seccomp:\t2")
        if let socket { socketIsMounted = MountPoints.current.contains(FilePath(socket)) }
    }

    /// The lines of a file; none if it cannot be read.
    private static func lines(_ path: FilePath) -> [Substring] {
        String(decoding: (try? path.contents()) ?? [], as: UTF8.self).split(separator: "\n")
    }
}
