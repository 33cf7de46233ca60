import POSIX
import SegmentModel
import SystemPackage

/// The users who may be able to write configuration: root, the daemon's user, and that user's private group.
struct PermittedWriters: Sendable {
    var daemonUserID: UInt32
    /// Looks up the private group; called only if a group may write.
    var privateGroup: @Sendable () -> UInt32?

    /// Returns a problem if anyone else may write a file.
    ///
    /// A parent directory may be sticky and writable by all, since nobody can replace other users' files
    /// there. The mode of a link means nothing.
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
        // With an access control list, the group bits are the most that any entry grants.
        if !permissions.contains(.otherWrite), file.groupID.rawValue == privateGroup(), !path.hasAccessList {
            return nil
        }
        return .writable(path, kind: kind, mode: permissions)
    }
}

/// The directories on the paths of files, including the targets of links; path_resolution(7).
///
/// Anyone who may write one of them can substitute another file.
struct DirectoryWay {
    struct Step {
        var path: FilePath
        var status: Stat
        /// `directory`, or `link`, which may belong to another user in a sticky directory.
        var kind: String
    }

    /// Without duplicates, in the order first encountered.
    private(set) var directories: [Step] = []
    private var met: Set<FilePath> = []

    /// Adds the directories and links on the way to a path, but not the file itself unless it is a link.
    mutating func follow(_ path: FilePath) {
        var current: FilePath = "/"
        var pending = Array(path.fromRoot.components.reversed())
        var links = 0
        note(current, kind: "directory")
        while let component = pending.popLast() {
            switch component.kind {
            case .currentDirectory: continue
            case .parentDirectory: current.removeLastComponent()
            case .regular:
                let next = current.appending(component)
                // A path that cannot be examined is refused when it is opened.
                guard let file = try? next.stat(followTargetSymlink: false) else { return }
                guard file.type == .symbolicLink else {
                    current = next
                    if !pending.isEmpty { note(next, kind: "directory") }
                    continue
                }
                links += 1
                guard links <= 40, let target = try? next.linkTarget() else { return }
                note(next, kind: "link")
                if target.isAbsolute { current = "/" }
                pending += target.components.reversed()
            }
        }
    }

    private mutating func note(_ path: FilePath, kind: String) {
        guard met.insert(path).inserted, let status = try? path.stat(followTargetSymlink: false) else {
            return
        }
        directories.append(Step(path: path, status: status, kind: kind))
    }
}
