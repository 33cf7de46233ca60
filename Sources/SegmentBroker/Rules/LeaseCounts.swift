/// How many leases there are, of which users, and the number of the last.
struct LeaseCounts: Equatable, Sendable {
    private(set) var all = 0
    private var ofUsers: [UInt32: Int] = [:]
    private var last: UInt64 = 0

    func held(by userID: UInt32) -> Int { ofUsers[userID, default: 0] }

    /// Counts one more; its number, which only grows.
    mutating func add(of userID: UInt32) -> UInt64 {
        ofUsers[userID, default: 0] += 1
        all += 1
        last += 1
        return last
    }

    /// Counts one less of a user who has one; nothing is kept of who has none.
    mutating func remove(of userID: UInt32) {
        let remaining = held(by: userID) - 1
        ofUsers[userID] = remaining == 0 ? nil : remaining
        all -= 1
    }
}
