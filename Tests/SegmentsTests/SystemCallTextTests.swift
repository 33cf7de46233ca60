import SystemPackage
import Testing

@testable import Segments

@Suite struct SystemCallTextTests {
    private static func facts(
        _ change: (inout SystemCallText.Circumstances) -> Void = { _ in }
    )
        -> SystemCallText.Circumstances
    {
        var facts = SystemCallText.Circumstances()
        change(&facts)
        return facts
    }

    static let calls: [(String, Errno, SystemCallText.Circumstances, String?)] = [
        (
            "socket", .tooManyOpenFiles, facts { $0.descriptors = 64 },
            "no descriptors left (RLIMIT_NOFILE is 64)"
        ),
        ("socket", .tooManyOpenFilesInSystem, facts(), "the host has no descriptors left (fs.file-max)"),
        (
            "shmat", .resourceTemporarilyUnavailable, facts { $0.lockedBytes = 65536 },
            "RLIMIT_MEMLOCK (65536 bytes)"
        ),
        ("shmat", .resourceTemporarilyUnavailable, facts(), "(mlockall), and RLIMIT_MEMLOCK (unlimited)"),
        ("recv", .resourceTemporarilyUnavailable, facts(), nil),
        (
            "shmat", .noMemory, facts { $0.addressSpace = 1 << 30 },
            "RLIMIT_AS (1073741824 bytes), vm.max_map_count and"
        ),
        ("shmat", .noMemory, facts(), "vm.overcommit_memory"),
        ("recv", .noMemory, facts(), nil),
        ("shmat", .permissionDenied, facts { $0.isRoot = true }, "this process lacks CAP_IPC_OWNER"),
        ("shmctl", .permissionDenied, facts { $0.isRoot = true }, "this process lacks CAP_IPC_OWNER"),
        ("shmat", .permissionDenied, facts(), "the mode has changed since the broker granted the lease"),
        (
            "shmget", .noFunction, facts(),
            "a seccomp filter refuses shmget: allow it, for a unit by SystemCallFilter=@ipc"
        ),
        ("shmat", .noFunction, facts(), "a seccomp filter refuses shmat"),
        ("shmctl", .notPermitted, facts { $0.isFiltered = true }, "a seccomp filter refuses shmctl"),
        ("shmat", .notPermitted, facts(), "a security module or a seccomp filter refuses it"),
        ("stat", .notPermitted, facts { $0.isFiltered = true }, nil),
        ("shmat", .invalidArgument, facts(), nil),
        ("poll", Errno(rawValue: 4095), facts(), nil),
    ]

    @Test(arguments: calls)
    func `a failed call is explained`(
        call: String,
        errno: Errno,
        facts: SystemCallText.Circumstances,
        part: String?
    ) {
        let text = SystemCallText(facts).failed(call, errno)
        if let part {
            #expect(text.hasPrefix("\(call) failed: \(errno); ") && text.contains(part), "\(text)")
        } else {
            #expect(text == "\(call) failed: \(errno)")
        }
    }

    static let sockets: [(Errno, SystemCallText.Circumstances, [String], not: String)] = [
        (.noSuchFileOrDirectory, facts(), ["`systemctl status segmentd.socket segmentd`"], "mount"),
        (.connectionRefused, facts(), ["`systemctl restart segmentd.socket`"], "mount"),
        (
            .connectionRefused, facts { $0.socketIsMounted = true }, ["mount its directory instead"],
            "systemctl"
        ),
        (.permissionDenied, facts(), ["you may not use the socket"], "restart"),
        (.fileNameTooLong, facts(), ["systemctl status"], "restart"),
    ]

    @Test(arguments: sockets)
    func `a socket without a daemon is explained`(
        errno: Errno,
        facts: SystemCallText.Circumstances,
        parts: [String],
        not: String
    ) {
        let text = SystemCallText(facts).unreachable("/s", errno)
        for part in parts + ["no broker at /s: \(errno)"] { #expect(text.contains(part), "\(text)") }
        #expect(!text.contains(not), "\(text)")
    }
}
