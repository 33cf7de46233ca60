import Glibc

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
        var file = stat()
        guard unsafe lstat(path, &file) == 0 else { return nil }
        switch file.st_mode & S_IFMT {
        case S_IFDIR: kind = .directory
        case S_IFLNK: kind = .link
        case S_IFSOCK: kind = .socket
        default: kind = .other
        }
        ownerUserID = file.st_uid
        mode = file.st_mode & 0o1777
    }
}
