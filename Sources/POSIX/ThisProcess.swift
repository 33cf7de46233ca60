import CLinux
import Glibc
package import SystemPackage

/// The calling process and its environment.
package enum ThisProcess {
    package static var id: Int32 { getpid() }
    package static var userID: UInt32 { getuid() }
    package static var effectiveUserID: UInt32 { geteuid() }
    package static var effectiveGroupID: UInt32 { getegid() }

    /// Returns a variable of the environment; nil if unset or empty; getenv(3).
    package static func variable(_ name: String) -> String? {
        unsafe getenv(name).flatMap { unsafe $0.pointee == 0 ? nil : String(cString: $0) }
    }

    /// Returns a variable of the environment; nil if unset, in a setuid program, or, unless told otherwise,
    /// if empty; secure_getenv(3).
    package static func secureVariable(_ name: String, emptyIsUnset: Bool = true) -> String? {
        unsafe clinux_secure_getenv(name).flatMap {
            unsafe emptyIsUnset && $0.pointee == 0 ? nil : String(cString: $0)
        }
    }

    /// Calls `body` with the rights of a user, then restores root's; seteuid(2).
    ///
    /// Only for root. Supplementary groups are not restored.
    package static func withRights<Result, Failure>(
        of user: UserAccount,
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let before = getegid()
        var group = user.groupID
        unsafe setgroups(1, &group)
        setegid(group)
        seteuid(user.userID)
        defer {
            seteuid(0)
            setegid(before)
        }
        return try body()
    }

    /// Resource limits of this process: two in bytes, and the number of open descriptors; nil if unlimited or
    /// unknown; getrlimit(2).
    package static var addressSpaceLimit: UInt64? { limit(RLIMIT_AS) }
    package static var lockedMemoryLimit: UInt64? { limit(__RLIMIT_MEMLOCK) }
    package static var descriptorLimit: UInt64? { limit(RLIMIT_NOFILE) }

    private static func limit(_ resource: __rlimit_resource) -> UInt64? {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0 else { return nil }
        return limit.rlim_cur == rlim_t.max ? nil : UInt64(limit.rlim_cur)
    }

    /// Returns the inode that identifies a namespace of this process, such as `ipc`; namespaces(7).
    package static func namespace(_ name: String) throws(Errno) -> UInt64 {
        UInt64(try FilePath("/proc/self/ns/\(name)").stat().inode.rawValue)
    }

    /// Opens `/dev/null` for closed standard streams, so that their numbers are not reused.
    ///
    /// Unless `usable`, using such a stream fails with EBADF.
    package static func reserveStandardStreams(usable: Bool) {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            _ = unsafe open(
                "/dev/null",
                usable ? O_RDWR : descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY
            )
        }
    }

    /// Makes all threads share one heap; mallopt(3).
    package static func shareHeap() { _ = clinux_share_heap() }

    /// Returns unused heap memory to the kernel; malloc_trim(3).
    package static func trimHeap() { clinux_trim_heap() }

    /// Ends the process like one that writes to a closed pipe; SIGPIPE of signal(7).
    package static func endByPipeSignal() { kill(getpid(), SIGPIPE) }

    /// Exits, without exit handlers if `atOnce`; _exit(2).
    package static func exit(_ status: Int32, atOnce: Bool = false) -> Never {
        atOnce ? _exit(status) : Glibc.exit(status)
    }
}
