/// The number of leases in total and of each user, and the number of the last lease.
struct LeaseCounts: Equatable, Sendable {
    private(set) var all = 0
    private var ofUsers: [UInt32: Int] = [:]
    private var last: UInt64 = 0

    func held(by userID: UInt32) -> Int { ofUsers[userID, default: 0] }

    /// Adds a lease and returns its number; numbers only grow.
    mutating func add(of userID: UInt32) -> UInt64 {
        ofUsers[userID, default: 0] += 1
        all += 1
        last += 1
        return last
    }

    /// Removes a lease of a user; users without leases are not stored.
    mutating func remove(of userID: UInt32) {
        let remaining = held(by: userID) - 1
        ofUsers[userID] = remaining == 0 ? nil : remaining
        all -= 1
    }
}
