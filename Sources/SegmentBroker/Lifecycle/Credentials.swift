package import SystemPackage

extension SegmentLifecycle {
    /// As whom the broker creates segments, and which it takes for its own.
    package struct Credentials: Hashable, Sendable {
        package var userID: UInt32
        package var groupID: UInt32
        package var processID: Int32
        /// A service has a user of its own, so what this user created is the broker's.
        ///
        /// A person's daemon shares its user with the person's programs and believes its records only.
        package var judgesByCreator: Bool

        package init(userID: UInt32, groupID: UInt32, processID: Int32, judgesByCreator: Bool) {
            self.userID = userID
            self.groupID = groupID
            self.processID = processID
            self.judgesByCreator = judgesByCreator
        }

        /// How every segment begins, and how one is left to be removed: nobody new can attach it.
        package var ownerOnly: Permissions {
            Permissions(userID: userID, groupID: groupID, mode: [.ownerReadWrite])
        }
    }

    /// Owner, group and mode, which IPC_SET sets together; shmctl(2).
    package struct Permissions: Hashable, Sendable {
        package var userID: UInt32
        package var groupID: UInt32
        /// The nine permission bits.
        package var mode: FilePermissions

        package init(userID: UInt32, groupID: UInt32, mode: FilePermissions) {
            self.userID = userID
            self.groupID = groupID
            self.mode = mode
        }
    }
}
