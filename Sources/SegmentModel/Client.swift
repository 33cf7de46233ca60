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

    /// The same process, whose groups are asked for when they are needed; `groups` must be in order.
    package mutating func learn(groups: [UInt32]) { supplementaryGroupIDs = groups }

    package func isMember(of group: UInt32) -> Bool {
        if groupID == group { return true }
        var (low, high) = (0, supplementaryGroupIDs.count)
        while low < high {
            let middle = low + (high - low) / 2
            if supplementaryGroupIDs[middle] < group { low = middle + 1 } else { high = middle }
        }
        return low < supplementaryGroupIDs.count && supplementaryGroupIDs[low] == group
    }
}
