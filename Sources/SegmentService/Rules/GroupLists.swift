import SegmentModel

/// The supplementary groups of clients, each long list once for a user: it has up to 256 KiB, and a user a thousand
/// connections.
struct GroupLists {
    /// What one connection or many of a user have.
    final class List {
        /// In order.
        let groupIDs: [UInt32]
        fileprivate let userID: UInt32
        fileprivate var connections = 0

        fileprivate init(_ groupIDs: [UInt32], of userID: UInt32) {
            self.groupIDs = groupIDs
            self.userID = userID
        }

        fileprivate var isLong: Bool { groupIDs.count > GroupLists.short }
    }

    /// How many groups are a long list.
    static let short = 1024
    /// How many different ones the connections of a user may have.
    static let mostLong = 8

    private var long: [UInt32: [List]] = [:]

    /// The list of one more connection; throws `limitReached` where the user has too many.
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

    /// A connection has ended.
    mutating func leave(_ list: List) {
        guard list.isLong else { return }
        list.connections -= 1
        guard list.connections == 0 else { return }
        long[list.userID]?.removeAll { $0 === list }
        if long[list.userID]?.isEmpty == true { long[list.userID] = nil }
    }
}
