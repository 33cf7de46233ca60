package import SegmentModel

extension ServiceLimits {
    /// The limits where no more than so many descriptors may be open.
    ///
    /// A quarter of them is kept for files, and of the rest a quarter from any one user, so that nobody can use up
    /// what others and the broker itself need.
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
