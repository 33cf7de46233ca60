import Glibc
import SystemPackage

/// Tests that make real segments must not touch the host's.
package enum IPCNamespace {
    /// Throws where the process is in the host's IPC namespace.
    package static func requireOwn() throws(SharedWithHost) {
        let own = namespace(of: "self")
        // Only root can read the namespace of process 1.
        guard own != namespace(of: "1"), own != first else { throw SharedWithHost() }
    }

    /// The kernel's first IPC namespace: PROC_IPC_INIT_INO.
    private static let first = Inode(rawValue: 0xEFFF_FFFF)

    /// Nil if the process cannot be looked at.
    private static func namespace(of process: String) -> Inode? {
        try? FilePath("/proc/\(process)/ns/ipc").stat().inode
    }
}

/// The tests share the host's IPC namespace.
package struct SharedWithHost: Error, CustomStringConvertible {
    package var description: String {
        "tests would touch this host's segments: type `make test`, "
            + "or `unshare --ipc --map-root-user swift test --no-parallel`"
    }
}

/// The sanitizer that this program is instrumented for, and with it the programs that were built beside it.
///
/// They do what others do and take several times as much time and memory: tests that repeat themselves or measure ask
/// here how much is to be expected of them.
package enum Sanitizer {
    /// The runtime of a sanitizer exports its beginning from the program that it is linked into.
    package static let isPresent = isThread || dlsym(nil, "__asan_init") != nil
    private static let isThread = dlsym(nil, "__tsan_init") != nil

    /// Those that a program has of the sanitizer's own.
    package static let threads = isThread ? 1 : 0

    /// What a process needs that strace(1) runs: nobody can look for leaks in one that is traced.
    package static let traced = [
        "ASAN_OPTIONS": (getenv("ASAN_OPTIONS").map { String(cString: $0) } ?? "") + ":detect_leaks=0"
    ]

    /// The same for a shell.
    package static let strace = "ASAN_OPTIONS=\"$ASAN_OPTIONS:detect_leaks=0\" strace"

    /// How often to try: `few` times under a sanitizer, which sees in each try what others see by chance.
    package static func tries(_ tries: Int, sanitized few: Int) -> Int { isPresent ? few : tries }

    /// How long something may take: ten times as long under a sanitizer.
    package static func limit(_ limit: Duration) -> Duration { isPresent ? limit * 10 : limit }
}

/// The rows of the table that `make resilience` prints, collected in the file that `$RESILIENCE` names.
package enum Resilience {
    /// Says how often something was tried, once all of it has been.
    ///
    /// There is nothing to say of losses: one fails its test, and then there is no table. Without the variable nothing
    /// is written.
    package static func record(_ trial: String, tries: Int, test: String) {
        guard let path = getenv("RESILIENCE"), let file = fopen(String(cString: path), "a") else { return }
        fputs("\(trial)\t\(tries)\t\(test)\n", file)
        fclose(file)
    }
}
