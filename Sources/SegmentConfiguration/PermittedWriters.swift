import CLinux
import Glibc
import SegmentModel
import SystemPackage

/// Who may be able to write configuration: root, the daemon's user, and that user's private group.
struct PermittedWriters: Sendable {
    var daemonUserID: UInt32
    /// Asked only where a group may write.
    var privateGroup: @Sendable () -> UInt32?

    /// Who else may write a file; nil where nobody may.
    ///
    /// On the way to a file, a sticky directory may be written by all: nobody can replace what is another's there. And
    /// the mode of a link means nothing.
    func problem(
        _ path: FilePath,
        _ file: stat,
        kind: String,
        isOnTheWay: Bool = false
    ) -> ConfigurationProblem? {
        if file.st_uid != 0, file.st_uid != daemonUserID {
            return .foreignOwner(path, kind: kind, owner: file.st_uid, daemonUserID: daemonUserID)
        }
        if isOnTheWay, file.st_mode & S_IFMT == S_IFLNK || file.st_mode & S_ISVTX != 0 { return nil }
        if file.st_mode & 0o022 == 0 { return nil }
        // With an access control list the group's bits are the most that anybody named in it gets.
        if file.st_mode & 0o002 == 0, file.st_gid == privateGroup(),
            unsafe clinux_has_access_list(path.string) == 0
        {
            return nil
        }
        return .writable(path, kind: kind, mode: file.st_mode & 0o7777)
    }
}
