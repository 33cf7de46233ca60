import SegmentModel

/// The clients who may call Remove and Reload: root, the daemon's own user, and members of the configured
/// groups.
struct Administrators: Equatable {
    var ownUserID: UInt32
    var groupIDs: [UInt32] = []

    init(ownUserID: UInt32, names: [String] = [], groups: GroupTable = GroupTable()) {
        self.ownUserID = ownUserID
        groupIDs = names.compactMap { name in
            if case .found(let number) = groups[name] { number } else { nil }
        }
    }

    /// Returns whether a client is root or the daemon's own user.
    func isOwner(_ client: Client) -> Bool {
        client.userID == 0 || OverflowUser.isSame(client.userID, ownUserID)
    }

    func includes(_ client: Client) -> Bool {
        isOwner(client) || groupIDs.contains(where: client.isMember)
    }
}
