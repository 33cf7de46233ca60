/// Why the broker refuses a request; each case is one error of the interface.
package enum BrokerError: Error, Equatable, Sendable {
    case noSuchSegment(name: String)
    case accessDenied(name: SegmentName, access: Access, userID: UInt32, reason: String)
    case segmentBlocked(name: SegmentName, problem: SegmentProblem)
    case segmentRemoving(name: SegmentName)
    case segmentInUse(name: SegmentName, attachments: Int, leases: [Lease])
    case noSuchLease(lease: String)
    /// `limit` is the configuration's word, such as `leases_per_user`.
    case limitReached(limit: String, value: Int)
    case configurationInvalid(problems: [ConfigurationProblem])
    /// Not an administrator.
    case permissionDenied
}
