import POSIX

/// A client's credentials, as the kernel reports them for the process at the other end of a connection.
package struct Client: Hashable, Sendable {
    package var processID: Int32
    package var userID: UInt32
    package var groupID: UInt32
    /// Sorted, since there may be 65,536 of them and each lease and event searches them.
    package private(set) var supplementaryGroupIDs: [UInt32]

    package init(processID: Int32, userID: UInt32, groupID: UInt32, supplementaryGroupIDs: [UInt32]) {
        self.processID = processID
        self.userID = userID
        self.groupID = groupID
        self.supplementaryGroupIDs = supplementaryGroupIDs.sorted()
    }

    /// Sets the supplementary groups, which are read only when needed; `groups` must be sorted.
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

/// The user number shown for every user that this user namespace does not map; user_namespaces(7).
///
/// Two peers with this number may be two users, so it identifies nobody, not even the daemon's own user.
package enum OverflowUser {
    package static let number = PeerCredentials.unmappedUserID

    /// Returns whether `peer` is certainly `user`, not two unmapped users shown with the same number.
    package static func isSame(_ peer: UInt32, _ user: UInt32) -> Bool { peer == user && peer != number }
}
