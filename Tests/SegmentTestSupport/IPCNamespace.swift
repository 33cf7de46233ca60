import Glibc
import Testing

/// Tests that make real segments must not touch the host's.
package enum IPCNamespace {
    /// Fails where the process is in the same IPC namespace as process 1.
    ///
    /// Where process 1 may not be looked at, the namespace must at least be empty.
    package static func requireOwn() throws {
        try #require(inode("/proc/self/ns/ipc") != inode("/proc/1/ns/ipc"), "run the tests with `make test`")
    }

    private static func inode(_ path: String) -> UInt64? {
        var file = stat()
        return stat(path, &file) == 0 ? UInt64(file.st_ino) : nil
    }
}
