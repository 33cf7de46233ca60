import POSIX

/// A user's private group: it has the user's name and no other members, so it grants nothing to anyone else.
///
/// Debian's adduser(8) creates one for each user, and the default umask (0002) makes a user's files writable
/// by it.
enum PrivateGroup {
    /// Looks up the private group of a user; nil if there is none.
    ///
    /// This may take long.
    static func lookUp(userID: UInt32) -> UInt32? {
        guard userID != 0, let user = NameService.user(userID), let group = NameService.group(user.groupID),
            let accounts = NameService.users(), isPrivate(group, of: user, among: accounts)
        else { return nil }
        return group.groupID
    }

    /// Returns whether a group is private to a user; `accounts` are all that the name service lists.
    static func isPrivate(_ group: UserGroup, of user: UserAccount, among accounts: [UserAccount]) -> Bool {
        user.userID != 0 && group.groupID == user.groupID && group.name == user.name
            && group.members.allSatisfy { $0 == user.name }
            && accounts.allSatisfy { $0.groupID != group.groupID || $0.userID == user.userID }
    }
}
