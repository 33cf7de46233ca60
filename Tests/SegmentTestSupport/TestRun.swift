import Glibc
import SystemPackage

/// Keeps tests that create real segments from touching the host's.
package enum IPCNamespace {
    /// Throws if the process is in the host's IPC namespace.
    package static func requireOwn() throws(SharedWithHost) {
        let own = namespace(of: "self")
        // Only root can read the namespace of process 1.
        guard own != namespace(of: "1"), own != first else { throw SharedWithHost() }
    }

    /// The kernel's first IPC namespace: PROC_IPC_INIT_INO.
    private static let first = Inode(rawValue: 0xEFFF_FFFF)

    /// Returns the inode of a process's namespace; nil if it cannot be read.
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

/// The sanitizer that this program and the programs built beside it are instrumented for.
///
/// Instrumented programs take several times as much time and memory: tests that repeat or measure something
/// ask here how much to expect.
package enum Sanitizer {
    /// The runtime of a sanitizer exports its initializer from the program that it is linked into.
    package static let isPresent = isThread || dlsym(nil, "__asan_init") != nil
    private static let isThread = dlsym(nil, "__tsan_init") != nil

    /// The number of the sanitizer's own threads in a program.
    package static let threads = isThread ? 1 : 0

    /// The environment of a process run under strace(1), in which leaks cannot be detected.
    package static let traced = [
        "ASAN_OPTIONS": (getenv("ASAN_OPTIONS").map { String(cString: $0) } ?? "") + ":detect_leaks=0"
    ]

    /// The same for a shell command.
    package static let strace = "ASAN_OPTIONS=\"$ASAN_OPTIONS:detect_leaks=0\" strace"

    /// Returns how often to try: `few` times under a sanitizer, which detects in each try what others detect
    /// by chance.
    package static func tries(_ tries: Int, sanitized few: Int) -> Int { isPresent ? few : tries }

    /// Returns a time limit, ten times as long under a sanitizer.
    package static func limit(_ limit: Duration) -> Duration { isPresent ? limit * 10 : limit }
}

/// The rows of the table that `make resilience` prints, collected in the file that `$RESILIENCE` names.
package enum Resilience {
    /// Records how often something was tried, after all tries.
    ///
    /// Failures need no record: one fails its test, and then there is no table. Without the variable, nothing
    /// is written.
    package static func record(_ trial: String, tries: Int, test: String) {
        guard let path = getenv("RESILIENCE"), let file = fopen(String(cString: path), "a") else { return }
        fputs("\(trial)\t\(tries)\t\(test)\n", file)
        fclose(file)
    }
}
