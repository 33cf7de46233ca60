import SystemPackage

/// What a failed system call means to a program that attaches segments, and what to do about it.
struct SystemCallText: Equatable {
    /// Facts about the process that matter for the text; read only when a text is needed.
    struct Circumstances: Equatable {
        var isRoot = false
        /// Whether a seccomp filter applies to the process; `Seccomp` of /proc/PID/status.
        var isFiltered = false
        /// Whether a file system, or a file of one, is mounted at the socket's path.
        var socketIsMounted = false
        /// RLIMIT_NOFILE; nil, as for the other limits, if unlimited.
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

    /// The text for a failed connect(2).
    func unreachable(_ socket: String, _ errno: Errno) -> String {
        let found = "no broker at \(socket): \(errno)"
        let look = "`systemctl status segmentd.socket segmentd` shows whether it runs"
        let renew = "`systemctl restart segmentd.socket` recreates a socket that was removed"
        return switch errno {
        case .connectionRefused where circumstances.socketIsMounted:
            "\(found); the socket was recreated since it was mounted here: mount its directory instead of the socket"
        case .noSuchFileOrDirectory, .connectionRefused: "\(found); \(look), and \(renew)"
        case .permissionDenied: "\(found): you may not use the socket or a directory above it; \(look)"
        default: "\(found); \(look)"
        }
    }

    /// The text for any other call, given by its name.
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
                + "(\(Self.words(circumstances.lockedBytes, "bytes"))) does not allow this much more: raise LimitMEMLOCK= "
                + "or `ulimit -l`"
        case .noMemory where call == "shmat":
            "this process cannot map this much more: check RLIMIT_AS "
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
