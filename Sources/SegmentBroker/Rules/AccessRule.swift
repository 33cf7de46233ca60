package import SegmentModel
package import SystemPackage
package import SystemVSharedMemory

/// Who may attach a segment, by the kernel's own rule; `ipcperms()` of the kernel's `ipc/util.c`.
package struct AccessRule: Equatable, Sendable {
    package var ownerUserID: UInt32
    package var creatorUserID: UInt32
    package var ownerGroupID: UInt32
    package var creatorGroupID: UInt32
    package var mode: FilePermissions

    package init(
        ownerUserID: UInt32,
        creatorUserID: UInt32,
        ownerGroupID: UInt32,
        creatorGroupID: UInt32,
        mode: FilePermissions
    ) {
        self.ownerUserID = ownerUserID
        self.creatorUserID = creatorUserID
        self.ownerGroupID = ownerGroupID
        self.creatorGroupID = creatorGroupID
        self.mode = mode
    }

    package init(_ status: SegmentStatus) {
        self.init(
            ownerUserID: status.ownerUserID,
            creatorUserID: status.creatorUserID,
            ownerGroupID: status.ownerGroupID,
            creatorGroupID: status.creatorGroupID,
            mode: status.mode
        )
    }

    /// The class of permission bits that applies to a client.
    package enum Class: String, Sendable {
        case superuser, owner, group, other
    }

    package func `class`(of client: Client) -> Class {
        if client.userID == 0 { return .superuser }
        if OverflowUser.isSame(client.userID, ownerUserID)
            || OverflowUser.isSame(client.userID, creatorUserID)
        {
            return .owner
        }
        if client.isMember(of: ownerGroupID) || client.isMember(of: creatorGroupID) { return .group }
        return .other
    }

    package func grants(_ access: Access, to client: Client) -> Bool {
        grants(access, to: `class`(of: client))
    }

    private func grants(_ access: Access, to permissions: Class) -> Bool {
        let granted: CModeT
        switch permissions {
        case .superuser: return true
        case .owner: granted = mode.rawValue >> 6
        case .group: granted = mode.rawValue >> 3
        case .other: granted = mode.rawValue
        }
        let wanted: CModeT = access == .readOnly ? 4 : 6
        return granted & wanted == wanted
    }

    /// Returns the reason a client is refused, for its user.
    ///
    /// `groupName` is the group's declared name; nil if it is the daemon's own group, which has no members.
    package func reason(against client: Client, _ access: Access, groupName: String?) -> String {
        let octal = mode.octal
        let number = String(ownerGroupID)
        let group = groupName.map { $0 == number ? number : "\($0) (\(number))" } ?? number
        switch `class`(of: client) {
        case .superuser, .owner:
            return "mode \(octal) does not let its owner do this"
        case .group:
            return "mode \(octal) does not let members of group \(group) do this"
        case .other where !grants(access, to: .group):
            return "mode \(octal) lets neither members of group \(group) nor others do this"
        case .other:
            let refusal =
                "user \(client.userID) is not in group \(group), and mode \(octal) does not let others do this"
            // A user added to the group just now is still refused; say why.
            return groupName == nil ? refusal : refusal + "; membership takes effect at the next login"
        }
    }
}
