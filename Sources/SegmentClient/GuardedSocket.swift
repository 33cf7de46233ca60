import SystemPackage

/// Where a socket lies, from the root down.
struct GuardedSocket {
    let path: String
    let rule: GuardedPath

    /// The first entry of the path by which somebody else could have put the socket there; nil where there is none.
    func firstProblem() -> (path: String, reason: String)? {
        guard path.hasPrefix("/") else { return (path, "is not absolute") }
        let names = path.split(separator: "/").map(String.init)
        guard !names.contains(".."), let socket = names.last else { return (path, "is not written out") }
        var directory = "/"
        for index in 0..<names.count {
            guard let entry = GuardedPath.Entry(of: directory) else {
                return (directory, "cannot be looked at")
            }
            let isLast = index == names.count - 1
            if let reason = rule.problem(withDirectory: entry, isLast: isLast) { return (directory, reason) }
            if !isLast { directory += directory == "/" ? names[index] : "/\(names[index])" }
        }
        let file = "\(directory == "/" ? "" : directory)/\(socket)"
        guard let entry = GuardedPath.Entry(of: file) else { return (file, "cannot be looked at") }
        return rule.problem(withSocket: entry).map { (file, $0) }
    }
}

extension GuardedPath.Entry {
    /// lstat(2).
    init?(of path: String) {
        guard let file = try? FilePath(path).stat(followTargetSymlink: false) else { return nil }
        switch file.type {
        case .directory: kind = .directory
        case .symbolicLink: kind = .link
        case .socket: kind = .socket
        default: kind = .other
        }
        ownerUserID = file.userID.rawValue
        mode = file.permissions.rawValue & 0o1777
    }
}
