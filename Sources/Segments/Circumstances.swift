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
        if let socket {
            // The fifth column, where mountinfo writes a space as \040.
            socketIsMounted = Self.lines("/proc/self/mountinfo").contains {
                $0.split(separator: " ").dropFirst(4).first
                    == socket.split(separator: " ").joined(separator: "\\040")[...]
            }
        }
    }

    /// The lines of a file; none if it cannot be read.
    private static func lines(_ path: FilePath) -> [Substring] {
        String(decoding: (try? path.contents()) ?? [], as: UTF8.self).split(separator: "\n")
    }
}
