import PrintableText

/// A refusal of a request by the broker; each case is one error of the interface.
package enum BrokerError: Error, Equatable, Sendable {
    /// No file declares a segment of this name.
    case noSuchSegment(name: String)
    /// The kernel would not let this user attach the segment with this access.
    case accessDenied(name: SegmentName, access: Access, userID: UInt32, reason: String)
    /// The segment is declared but cannot be created.
    case segmentBlocked(name: SegmentName, problem: SegmentProblem)
    /// The segment is being removed.
    case segmentRemoving(name: SegmentName)
    /// The segment is leased or attached; `leases` holds those that the caller may see.
    case segmentInUse(name: SegmentName, attachments: Int, leases: [Lease])
    /// This connection has no such lease.
    case noSuchLease(lease: String)
    /// A limit is reached.
    ///
    /// `limit` is its name in the configuration, such as `leases_per_user`, or that of a fixed limit, such as
    /// `subscriptions_per_user`.
    case limitReached(limit: String, value: Int)
    /// The configuration has errors; none of it was applied.
    case configurationInvalid(problems: [ConfigurationProblem])
    /// The caller is not an administrator.
    case permissionDenied
}

extension BrokerError: CustomStringConvertible {
    /// The problem and its remedy, for people: one line that is safe on a terminal.
    package var description: String { text.printable }

    private static let configuredLimits: Set = ["connections", "connections_per_user", "leases_per_user"]

    private var text: String {
        switch self {
        case .noSuchSegment(let name):
            "there is no segment \(name); `segmentctl list` shows all"
        case .accessDenied(let name, let access, let userID, let reason):
            "segment \(name) may not be attached \(access.words) by user \(userID): \(reason)"
        case .segmentBlocked(let name, let problem):
            "segment \(name) is blocked: \(problem.message)" + (problem.remedy.map { "; \($0)" } ?? "")
        case .segmentRemoving(let name):
            "segment \(name) is being removed and grants no new leases; if it is declared, an administrator can keep the "
                + "name in use with `segmentctl renew \(name) --when=idle`"
        case .segmentInUse(let name, let attachments, let leases):
            "segment \(name) is in use: \(counted(attachments, "attachment")), \(counted(leases.count, "lease"))"
                + (leases.count < Lease.mostShown ? "" : " or more")
                + "; to wait until it is unused, ask for `whenIdle` (segmentctl: `--when=idle`)"
        case .noSuchLease(let lease):
            "there is no lease \(lease) on this connection"
        case .limitReached(let limit, let value):
            Self.configuredLimits.contains(limit)
                ? "the limit \(limit) = \(value) of segmentd.toml is reached"
                : "the fixed limit \(limit) = \(value) is reached"
        case .configurationInvalid(let problems):
            "the configuration is invalid: \(counted(problems.count, "problem"))"
        case .permissionDenied:
            "only root, the daemon's user and members of the groups that `administrators` in segmentd.toml lists may do "
                + "this"
        }
    }
}

extension Access {
    fileprivate var words: String { self == .readOnly ? "read-only" : "for reading and writing" }
}
