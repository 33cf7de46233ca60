import CLinux
import Glibc
package import SystemPackage

/// Another process, as proc(5) shows it; its number may be somebody else's at any time.
package struct Process: Sendable {
    package let id: Int32

    package init(_ id: Int32) { self.id = id }

    /// Also where it is another user's; kill(2).
    package var exists: Bool { kill(id, 0) == 0 || errno != ESRCH }

    /// What the kernel calls it; nil once it is gone.
    package var command: String? {
        guard let text = try? FilePath("/proc/\(id)/comm").contents(atMost: 1024), !text.isEmpty else {
            return nil
        }
        return String(decoding: text.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    /// When it began, in clock ticks since boot: field 22 of `/proc/PID/stat`; nil where that cannot be read.
    package var startTime: UInt64? {
        get throws(Errno) {
            let text = try FilePath("/proc/\(id)/stat").contents(atMost: 4096)
            // The command may have spaces and parentheses of its own; after it comes field 3.
            guard let end = text.lastIndex(of: UInt8(ascii: ")")) else { return nil }
            let fields = text[(end + 1)...].split(separator: UInt8(ascii: " "))
            return fields.count > 19 ? UInt64(String(decoding: fields[19], as: UTF8.self)) : nil
        }
    }

    /// When it began, CLOCK_REALTIME in µs; nil where that cannot be read.
    package var started: Int64? {
        guard let ticks = (try? startTime).flatMap({ $0 }) else { return nil }
        let boot = KernelClock.realtime.microseconds - KernelClock.boottime.microseconds
        let ticksPerSecond = UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
        let (time, overflow) = ticks.multipliedReportingOverflow(by: 1_000_000 / ticksPerSecond)
        return overflow ? nil : Int64(exactly: time)?.addingReportingOverflow(boot).partialValue
    }
}

/// A process that is watched by a descriptor, which is never another process's; pidfd_open(2).
package struct ProcessDescriptor: ~Copyable, Sendable {
    /// For poll(2): readable once the process has ended.
    package let descriptor: FileDescriptor

    /// Throws ESRCH where there is no such process; EINVAL, or ENOENT since Linux 6.15, where the number is a thread's.
    package init(_ process: Int32) throws(Errno) {
        descriptor = FileDescriptor(rawValue: try valueOrErrno { clinux_process_descriptor(process) })
    }

    deinit { try? descriptor.close() }

    package var hasEnded: Bool { descriptor.isReady(for: .read) }
}

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
