/// Whether no other user can have put something at a path: judged from the root down, one entry after the other.
struct GuardedPath: Equatable {
    /// One entry of the path, as lstat(2) shows it.
    struct Entry: Equatable {
        enum Kind: Equatable { case directory, link, socket, other }

        var kind: Kind
        var ownerUserID: UInt32
        /// The nine permission bits and the sticky bit.
        var mode: UInt32
    }

    /// The users that may own the socket's directories.
    var owners: Set<UInt32>

    /// Returns what is wrong with a directory, as text for people; nil if nothing is.
    ///
    /// `isLast` marks the directory of the socket. Above it a world-writable directory is acceptable if it is sticky,
    /// since there no user can rename or remove another's entry.
    func problem(withDirectory entry: Entry, isLast: Bool) -> String? {
        switch entry.kind {
        case .link: return "is a symbolic link: give the path that it leads to"
        case .socket, .other: return "is no directory"
        case .directory: break
        }
        guard owners.contains(entry.ownerUserID) else { return "belongs to user \(entry.ownerUserID)" }
        let isOpen = entry.mode & 0o022 != 0
        let isSticky = entry.mode & 0o1000 != 0
        return isOpen && (isLast || !isSticky) ? "may be written by others" : nil
    }

    func problem(withSocket entry: Entry) -> String? { entry.kind == .socket ? nil : "is no socket" }
}
