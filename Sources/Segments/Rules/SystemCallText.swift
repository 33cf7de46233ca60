import SystemPackage

/// What a failed system call means to whoever attaches segments, and what to do about it.
struct SystemCallText: Equatable {
    /// What is known of the process, where it matters; read when the text is asked for.
    struct Circumstances: Equatable {
        var isRoot = false
        /// A seccomp filter lies over the process's calls; `Seccomp` of /proc/PID/status.
        var isFiltered = false
        /// Another file system, or a file of one, is mounted at the path of the socket.
        var socketIsMounted = false
        /// RLIMIT_NOFILE; nil where there is none, as with the others.
        var descriptors: UInt64?
        /// RLIMIT_MEMLOCK, in bytes.
        var lockedBytes: UInt64?
        /// RLIMIT_AS, in bytes.
        var addressSpace: UInt64?
    }

    let circumstances: Circumstances

    init(_ circumstances: Circumstances) {
        self.circumstances = circumstances
    }

    /// Of connect(2).
    func unreachable(_ socket: String, _ errno: Errno) -> String {
        let found = "no broker at \(socket): \(errno)"
        let look = "`systemctl status segmentd.socket segmentd` tells whether it runs"
        let renew = "`systemctl restart segmentd.socket` makes a socket anew that was removed"
        return switch errno {
        case .connectionRefused where circumstances.socketIsMounted:
            "\(found); the socket behind this mount has been made anew since: mount its directory instead of the socket"
        case .noSuchFileOrDirectory, .connectionRefused: "\(found); \(look), and \(renew)"
        case .permissionDenied: "\(found): the socket or a directory above it is closed to you; \(look)"
        default: "\(found); \(look)"
        }
    }

    /// Of any other call, by its name.
    func failed(_ call: String, _ errno: Errno) -> String {
        let found = "\(call) failed: \(errno)"
        guard let reason = reason(call, errno) else { return found }
        return "\(found); \(reason)"
    }

    private func reason(_ call: String, _ errno: Errno) -> String? {
        switch errno {
        case .tooManyOpenFiles:
            "this process has no descriptors left (RLIMIT_NOFILE is \(Self.words(circumstances.descriptors)))"
        case .tooManyOpenFilesInSystem: "the host has no descriptors left (fs.file-max)"
        case .noFunction where Self.isSharedMemory(call):
            Self.refusedByFilter(call)
        case .notPermitted where Self.isSharedMemory(call):
            circumstances.isFiltered
                ? Self.refusedByFilter(call) : "a security module or a seccomp filter refuses it"
        case .permissionDenied where Self.isSharedMemory(call):
            circumstances.isRoot
                ? "root may attach it, but this process lacks CAP_IPC_OWNER: add it, or join the segment's group"
                : "the mode has changed since the broker granted the lease, or a security module refuses it"
        case .resourceTemporarilyUnavailable where call == "shmat":
            "all memory of this process is locked (mlockall), and RLIMIT_MEMLOCK "
                + "(\(Self.words(circumstances.lockedBytes, "bytes"))) does not allow so much more: raise LimitMEMLOCK= "
                + "or `ulimit -l`"
        case .noMemory where call == "shmat":
            "this process cannot map so much more: look at RLIMIT_AS "
                + "(\(Self.words(circumstances.addressSpace, "bytes"))), vm.max_map_count and vm.overcommit_memory"
        default: nil
        }
    }

    private static func isSharedMemory(_ call: String) -> Bool {
        ["shmget", "shmat", "shmctl"].contains(call)
    }

    private static func refusedByFilter(_ call: String) -> String {
        "a seccomp filter refuses \(call): allow it, for a unit by SystemCallFilter=@ipc"
    }

    private static func words(_ limit: UInt64?, _ unit: String? = nil) -> String {
        guard let limit else { return "unlimited" }
        return unit.map { "\(limit) \($0)" } ?? "\(limit)"
    }
}
