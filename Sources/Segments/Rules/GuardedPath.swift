/// Whether nobody else can have put something at a path: judged from the root down, one entry after the other.
struct GuardedPath: Equatable {
    /// What lstat(2) says of one entry of the path.
    struct Entry: Equatable {
        enum Kind: Equatable { case directory, link, socket, other }

        var kind: Kind
        var ownerUserID: UInt32
        /// The nine permission bits and the sticky one.
        var mode: UInt32
    }

    /// Those who may own what leads to the socket.
    var owners: Set<UInt32>

    /// What is wrong with an entry, in words for people; nil if nothing is.
    ///
    /// `isLast`: the directory of the socket. Above it a sticky directory that everybody may write will do, since
    /// there nobody can rename or remove what is another's.
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
