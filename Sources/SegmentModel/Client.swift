/// Who asks: what the kernel says of the process at the other end of a connection.
package struct Client: Hashable, Sendable {
    package var processID: Int32
    package var userID: UInt32
    package var groupID: UInt32
    /// In order: there may be 65,536, and each lease and event asks for one.
    package private(set) var supplementaryGroupIDs: [UInt32]

    package init(processID: Int32, userID: UInt32, groupID: UInt32, supplementaryGroupIDs: [UInt32]) {
        self.processID = processID
        self.userID = userID
        self.groupID = groupID
        self.supplementaryGroupIDs = supplementaryGroupIDs.sorted()
    }

    package func isMember(of group: UInt32) -> Bool {
        if groupID == group { return true }
        var (low, high) = (0, supplementaryGroupIDs.count)
        while low < high {
            let middle = low + (high - low) / 2
            if supplementaryGroupIDs[middle] < group { low = middle + 1 } else { high = middle }
        }
        return low < supplementaryGroupIDs.count && supplementaryGroupIDs[low] == group
    }

    /// Has the groups in the same memory as another process of the user, if they are the same.
    package mutating func shareGroups(with other: Client) {
        if supplementaryGroupIDs == other.supplementaryGroupIDs {
            supplementaryGroupIDs = other.supplementaryGroupIDs
        }
    }
}
