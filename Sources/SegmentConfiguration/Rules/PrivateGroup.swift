/// A user's private group has the user's name and nobody else in it, so that it may do no more than the user.
///
/// Debian's adduser(8) makes one for each user, and a login's umask (0002) lets it write what the user makes.
enum PrivateGroup {
    struct Account: Equatable {
        var name: String
        var userID: UInt32
        /// The primary group.
        var groupID: UInt32
    }

    struct Group: Equatable {
        var name: String
        var groupID: UInt32
        var members: [String]
    }

    /// `accounts` are all that the name service lists.
    static func isPrivate(_ group: Group, of user: Account, among accounts: [Account]) -> Bool {
        user.userID != 0 && group.groupID == user.groupID && group.name == user.name
            && group.members.allSatisfy { $0 == user.name }
            && accounts.allSatisfy { $0.groupID != group.groupID || $0.userID == user.userID }
    }
}
