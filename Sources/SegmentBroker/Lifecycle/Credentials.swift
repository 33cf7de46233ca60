package import SystemPackage

extension SegmentLifecycle {
    /// The broker's identity: it creates segments with it, and recognizes its own by it.
    package struct Credentials: Hashable, Sendable {
        package var userID: UInt32
        package var groupID: UInt32
        package var processID: Int32
        /// A service runs as a dedicated user, so everything that user created is the broker's.
        ///
        /// A daemon started by a person shares a user with that person's programs and trusts only its records.
        package var trustsCreator: Bool

        package init(userID: UInt32, groupID: UInt32, processID: Int32, trustsCreator: Bool) {
            self.userID = userID
            self.groupID = groupID
            self.processID = processID
            self.trustsCreator = trustsCreator
        }

        /// Permissions of a new segment, and of one about to be removed: no new client can attach.
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
