/// Who asks: what the kernel says of the process at the other end of a connection.
package struct Client: Hashable, Sendable {
    package var processID: Int32
    package var userID: UInt32
    package var groupID: UInt32
    package var supplementaryGroupIDs: [UInt32]

    package init(processID: Int32, userID: UInt32, groupID: UInt32, supplementaryGroupIDs: [UInt32]) {
        self.processID = processID
        self.userID = userID
        self.groupID = groupID
        self.supplementaryGroupIDs = supplementaryGroupIDs
    }

    package func isMember(of group: UInt32) -> Bool {
        groupID == group || supplementaryGroupIDs.contains(group)
    }
}
