import SegmentModel
import SystemPackage
import SystemVSharedMemory

/// Problems found before a file's text is parsed.
extension ConfigurationProblem {
    static func unreadable(_ path: FilePath, _ errno: Errno) -> ConfigurationProblem {
        ConfigurationProblem(
            file: path.string,
            message: "cannot be read: \(errno)",
            remedy: remedy(errno)
        )
    }

    private static func remedy(_ errno: Errno) -> String? {
        switch errno {
        case .permissionDenied: "make it readable by the user that segmentd runs as"
        case .noSuchFileOrDirectory: "create it; if it is a link, create its target or remove the link"
        case .tooManySymbolicLinkLevels: "fix its links, which form a loop"
        default: nil
        }
    }

    static func notAFile(_ path: FilePath) -> ConfigurationProblem {
        ConfigurationProblem(
            file: path.string,
            message: "is not a regular file",
            remedy: "replace it with a file, or with a link to /dev/null to mask it"
        )
    }

    static func notADirectory(_ path: FilePath) -> ConfigurationProblem {
        ConfigurationProblem(
            file: path.string,
            message: "is not a directory",
            remedy: "replace it with a directory"
        )
    }

    static func tooLong(_ path: FilePath) -> ConfigurationProblem {
        ConfigurationProblem(file: path.string, message: "is longer than 1 MiB", remedy: "shorten it")
    }

    static func notAName(_ path: FilePath, _ stem: String) -> ConfigurationProblem {
        ConfigurationProblem(
            file: path.string,
            message: "`\(stem)` is not a segment's name",
            remedy: "rename the file: 1 to 63 characters of a-z 0-9 . _ -, starting with a letter or digit"
        )
    }

    static func notText(_ path: FilePath) -> ConfigurationProblem {
        ConfigurationProblem(file: path.string, message: "is not UTF-8 text", remedy: "save it as UTF-8")
    }

    static func nulByte(_ path: FilePath, line: Int) -> ConfigurationProblem {
        ConfigurationProblem(
            file: path.string,
            line: line,
            message: "contains a NUL byte",
            remedy: "remove it"
        )
    }

    static func foreignOwner(
        _ path: FilePath,
        kind: String,
        owner: UInt32,
        daemonUserID: UInt32
    ) -> ConfigurationProblem {
        ConfigurationProblem(
            file: path.string,
            message: "the \(kind) belongs to user \(owner), who may write it",
            remedy: daemonUserID == 0 ? "`chown root` it" : "`chown` it to root or to user \(daemonUserID)"
        )
    }

    static func writable(_ path: FilePath, kind: String, mode: FilePermissions) -> ConfigurationProblem {
        ConfigurationProblem(
            file: path.string,
            message: "the \(kind) is writable by users other than its owner: its mode is \(mode.octal)",
            remedy: "`chmod go-w` it"
        )
    }
}
