package import SegmentModel

/// Counts connections and limits them in total and for each user.
package struct ConnectionQuota: Equatable, Sendable {
    /// The number of connections reserved for root and the daemon's own user, so that an administrator can
    /// always connect.
    package static let reserved = 64

    private(set) package var count = 0
    private var ofUser: [UInt32: Int] = [:]
    private let ownUserID: UInt32

    package init(ownUserID: UInt32) {
        self.ownUserID = ownUserID
    }

    /// Charges one connection to a user, or throws the limit that it would exceed.
    package mutating func open(_ user: UInt32, limits: ServiceLimits) throws(BrokerError) {
        let isPrivileged = user == 0 || OverflowUser.isSame(user, ownUserID)
        let connections = max(1, isPrivileged ? limits.connections : limits.connections - Self.reserved)
        guard count < connections else {
            throw .limitReached(limit: "connections", value: limits.connections)
        }
        guard isPrivileged || ofUser[user, default: 0] < limits.connectionsPerUser else {
            throw .limitReached(limit: "connections_per_user", value: limits.connectionsPerUser)
        }
        count += 1
        ofUser[user, default: 0] += 1
    }

    package func count(of user: UInt32) -> Int { ofUser[user, default: 0] }

    package mutating func close(_ user: UInt32) {
        count -= 1
        let remaining = ofUser[user, default: 1] - 1
        ofUser[user] = remaining == 0 ? nil : remaining
    }
}

extension ServiceLimits {
    /// Returns these limits reduced to fit this many file descriptors.
    ///
    /// A quarter of the descriptors is kept for files. No user gets more than three quarters of the rest, so
    /// that nobody can use up what others and the broker need.
    package func fitting(descriptors: Int) -> ServiceLimits {
        var limits = self
        let most = descriptors - descriptors / 4
        guard connections > most else { return limits }
        limits.connections = most
        let shared = max(1, most - ConnectionQuota.reserved)
        limits.connectionsPerUser = min(connectionsPerUser, max(1, shared - shared / 4))
        return limits
    }
}
