import CLinux
import Glibc
package import SystemPackage

/// Who this process is, and what it was started with.
package enum ThisProcess {
    package static var id: Int32 { getpid() }
    package static var userID: UInt32 { getuid() }
    package static var effectiveUserID: UInt32 { geteuid() }
    package static var effectiveGroupID: UInt32 { getegid() }

    /// A variable of the environment; empty is as good as unset; getenv(3).
    package static func variable(_ name: String) -> String? {
        unsafe getenv(name).flatMap { unsafe $0.pointee == 0 ? nil : String(cString: $0) }
    }

    /// The same, and nil in a setuid program; where empty means something, it can be told; secure_getenv(3).
    package static func secureVariable(_ name: String, emptyIsUnset: Bool = true) -> String? {
        unsafe clinux_secure_getenv(name).flatMap {
            unsafe emptyIsUnset && $0.pointee == 0 ? nil : String(cString: $0)
        }
    }

    /// Does something with the rights of a user, and then with root's again; seteuid(2).
    ///
    /// Only for root. Other groups are lost.
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

    /// The limits that this process meets, nil where there is none, or the kernel does not tell: two in bytes, and how
    /// many descriptors it may have open; getrlimit(2).
    package static var addressSpaceLimit: UInt64? { limit(RLIMIT_AS) }
    package static var lockedMemoryLimit: UInt64? { limit(__RLIMIT_MEMLOCK) }
    package static var descriptorLimit: UInt64? { limit(RLIMIT_NOFILE) }

    private static func limit(_ resource: __rlimit_resource) -> UInt64? {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0 else { return nil }
        return limit.rlim_cur == rlim_t.max ? nil : UInt64(limit.rlim_cur)
    }

    /// The inode that tells a namespace of this process from every other, such as `ipc`; namespaces(7).
    package static func namespace(_ name: String) throws(Errno) -> UInt64 {
        UInt64(try FilePath("/proc/self/ns/\(name)").stat().inode.rawValue)
    }

    /// Keeps the numbers of standard streams that are closed, so that nothing else gets them.
    ///
    /// `/dev/null` takes their places; where not `usable`, to use one is EBADF.
    package static func reserveStandardStreams(usable: Bool) {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            _ = unsafe open(
                "/dev/null",
                usable ? O_RDWR : descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY
            )
        }
    }

    /// Makes the heap of all threads one; mallopt(3).
    package static func shareHeap() { _ = clinux_share_heap() }

    /// Gives memory back that nobody needs; malloc_trim(3).
    package static func trimHeap() { clinux_trim_heap() }

    /// Ends the process as one that writes to a pipe which nobody reads; SIGPIPE of signal(7).
    package static func endByPipeSignal() { kill(getpid(), SIGPIPE) }

    /// Ends the process, without what is to be done at exit if `atOnce`; _exit(2).
    package static func exit(_ status: Int32, atOnce: Bool = false) -> Never {
        atOnce ? _exit(status) : Glibc.exit(status)
    }
}
