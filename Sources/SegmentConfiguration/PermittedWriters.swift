import POSIX
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
        _ file: Stat,
        kind: String,
        isOnTheWay: Bool = false
    ) -> ConfigurationProblem? {
        let owner = file.userID.rawValue, permissions = file.permissions
        if owner != 0, owner != daemonUserID {
            return .foreignOwner(path, kind: kind, owner: owner, daemonUserID: daemonUserID)
        }
        if isOnTheWay, file.type == .symbolicLink || permissions.contains(.saveText) { return nil }
        if permissions.isDisjoint(with: [.groupWrite, .otherWrite]) { return nil }
        // With an access control list the group's bits are the most that anybody named in it gets.
        if !permissions.contains(.otherWrite), file.groupID.rawValue == privateGroup(), !path.hasAccessList {
            return nil
        }
        return .writable(path, kind: kind, mode: permissions)
    }
}
