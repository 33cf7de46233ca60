import POSIX
import SystemPackage

extension SystemCallText.Circumstances {
    /// Those of this process now; `socket` is the path whose mount is asked for.
    init(ofThisProcessAnd socket: String?) {
        isRoot = ThisProcess.effectiveUserID == 0
        descriptors = ThisProcess.descriptorLimit
        lockedBytes = ThisProcess.lockedMemoryLimit
        addressSpace = ThisProcess.addressSpaceLimit
        isFiltered = Self.lines("/proc/self/status").contains("Seccomp:\t2")
        if let socket { socketIsMounted = MountPoints.current.contains(FilePath(socket)) }
    }

    /// Nothing where the file cannot be read.
    private static func lines(_ path: FilePath) -> [Substring] {
        String(decoding: (try? path.contents()) ?? [], as: UTF8.self).split(separator: "\n")
    }
}
