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

/// The directories that lead to files, those that links lead through too; path_resolution(7).
///
/// Whoever may write one of them can put another file in the place of the one that is meant.
struct DirectoryWay {
    struct Step {
        var path: FilePath
        var status: Stat
        /// `directory`, or `link`, which may belong to somebody else in a sticky directory.
        var kind: String
    }

    /// Each once, in the order in which they were first met.
    private(set) var directories: [Step] = []
    private var met: Set<FilePath> = []

    /// Adds what leads to a path; what stands there itself, unless it is a link, is the caller's matter.
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
                // What cannot be looked at is refused when it is opened.
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
