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

/// The user number that everybody is shown as who has none in this user namespace; user_namespaces(7).
///
/// Two who show it may be two users, so that it is nobody's own: not the daemon's either where that runs as it.
package enum OverflowUser {
    package static let number: UInt32 = 65534

    /// Whether a peer is this very user, and not only shown alike.
    package static func isSame(_ peer: UInt32, _ user: UInt32) -> Bool { peer == user && peer != number }
}
