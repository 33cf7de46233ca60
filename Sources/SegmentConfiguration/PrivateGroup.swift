import POSIX
package import SegmentModel
import SystemPackage

/// A user's private group has the user's name and nobody else in it, so that it may do no more than the user.
///
/// Debian's adduser(8) makes one for each user, and a login's umask (0002) lets it write what the user makes.
enum PrivateGroup {
    /// The private group of a user; nil where there is none.
    ///
    /// It may take long.
    static func lookUp(userID: UInt32) -> UInt32? {
        guard userID != 0, let user = NameService.user(userID), let group = NameService.group(user.groupID),
            let accounts = NameService.users(), isPrivate(group, of: user, among: accounts)
        else { return nil }
        return group.groupID
    }

    /// `accounts` are all that the name service lists.
    static func isPrivate(_ group: UserGroup, of user: UserAccount, among accounts: [UserAccount]) -> Bool {
        user.userID != 0 && group.groupID == user.groupID && group.name == user.name
            && group.members.allSatisfy { $0 == user.name }
            && accounts.allSatisfy { $0.groupID != group.groupID || $0.userID == user.userID }
    }
}

extension GroupTable {
    /// Asks the name service for a group, by name or by number.
    ///
    /// It may take for ever.
    @Sendable package static func lookUp(_ group: String) -> GroupLookup {
        if let number = UInt32(group) { return .found(number) }
        do throws(Errno) {
            return try NameService.group(named: group).map { .found($0.groupID) } ?? .unknown
        } catch {
            return .failed(error.rawValue)
        }
    }
}
