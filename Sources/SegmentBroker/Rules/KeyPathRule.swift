package import SegmentModel
package import SystemPackage
package import SystemVSharedMemory

/// Problems of the file that ftok(3) makes a key from.
package enum KeyPathRule {
    /// Returns the problem of a hidden file; `key` is the result of ftok(3) inside the sandbox, nil if it
    /// failed.
    package static func hiddenProblem(_ path: FilePath, key: SegmentKey?) -> SegmentProblem {
        SegmentProblem(
            .keyPathHidden,
            message: "\(path) is hidden from the service by its sandbox",
            remedy: "move the file, or declare the number that ftok gives outside the sandbox: "
                + (key.map { "value = \($0) if both see the same file" }
                    ?? "`segmentctl check` prints it as value = 0x…")
        )
    }

    package static func unansweredProblem(_ path: FilePath) -> SegmentProblem {
        SegmentProblem(
            .keyPathUnreadable,
            message: "the file system of \(path), from which ftok makes the key, has not answered",
            remedy: "find out what blocks `stat \(path)`; segmentd tries again by itself"
        )
    }

    package static func problem(_ path: FilePath, errno: Errno) -> SegmentProblem {
        switch errno {
        case .noSuchFileOrDirectory, .notDirectory:
            SegmentProblem(
                .keyPathMissing,
                message: "\(path), from which ftok makes the key, does not exist",
                remedy: "create the file, or declare the key as a number: value = 0x…"
            )
        default:
            SegmentProblem(
                .keyPathUnreadable,
                message: "\(path), from which ftok makes the key, cannot be looked up: \(errno)",
                remedy:
                    "let the daemon's user search its directories, or declare the key as a number: value = 0x…"
            )
        }
    }
}
