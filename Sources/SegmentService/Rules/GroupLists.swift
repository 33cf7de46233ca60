import SegmentModel

/// The supplementary groups of clients; a user's connections share one copy of each long list.
///
/// A list has up to 256 KiB, and a user up to a thousand connections.
struct GroupLists {
    /// A list of groups, shared by connections of one user if it is long.
    final class List {
        /// Sorted.
        let groupIDs: [UInt32]
        fileprivate let userID: UInt32
        fileprivate var connections = 0

        fileprivate init(_ groupIDs: [UInt32], of userID: UInt32) {
            self.groupIDs = groupIDs
            self.userID = userID
        }

        fileprivate var isLong: Bool { groupIDs.count > GroupLists.short }
    }

    /// Longer lists than this are shared.
    static let short = 1024
    /// The most different long lists that a user's connections may have.
    static let mostLong = 8

    private var long: [UInt32: [List]] = [:]

    /// Returns the list for a new connection; throws `limitReached` if the user has too many.
    mutating func join(_ groupIDs: [UInt32], of userID: UInt32) throws(BrokerError) -> List {
        let list = List(groupIDs.sorted(), of: userID)
        guard list.isLong else { return list }
        let known = long[userID, default: []].first { $0.groupIDs == list.groupIDs }
        if known == nil {
            guard long[userID, default: []].count < Self.mostLong else {
                throw .limitReached(limit: "group_lists_per_user", value: Self.mostLong)
            }
            long[userID, default: []].append(list)
        }
        let shared = known ?? list
        shared.connections += 1
        return shared
    }

    /// Drops the list of a connection that has ended.
    mutating func leave(_ list: List) {
        guard list.isLong else { return }
        list.connections -= 1
        guard list.connections == 0 else { return }
        long[list.userID]?.removeAll { $0 === list }
        if long[list.userID]?.isEmpty == true { long[list.userID] = nil }
    }
}
