import Glibc

/// Tests that make real segments must not touch the host's.
package enum IPCNamespace {
    /// Throws where the process is in the same IPC namespace as process 1.
    package static func requireOwn() throws(SharedWithHost) {
        guard inode("/proc/self/ns/ipc") != inode("/proc/1/ns/ipc") else { throw SharedWithHost() }
    }

    private static func inode(_ path: String) -> UInt64? {
        var file = stat()
        return stat(path, &file) == 0 ? UInt64(file.st_ino) : nil
    }
}

/// Run the tests with `make test`: it gives them an IPC namespace of their own.
package struct SharedWithHost: Error {}
