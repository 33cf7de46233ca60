import PrintableText

/// Why the broker refuses a request; each case is one error of the interface.
package enum BrokerError: Error, Equatable, Sendable {
    /// No file declares a segment of this name.
    case noSuchSegment(name: String)
    /// The kernel would not let this user attach it so.
    case accessDenied(name: SegmentName, access: Access, userID: UInt32, reason: String)
    /// It is declared but cannot be made.
    case segmentBlocked(name: SegmentName, problem: SegmentProblem)
    /// It is on its way out.
    case segmentRemoving(name: SegmentName)
    /// Somebody has it leased or attached; the leases are those that the caller may see.
    case segmentInUse(name: SegmentName, attachments: Int, leases: [Lease])
    /// No lease of this connection.
    case noSuchLease(lease: String)
    /// A user asks for more than one may have.
    ///
    /// `limit` is the configuration's word, such as `leases_per_user`, or that of a limit which is not configured, such as
    /// `subscriptions_per_user`.
    case limitReached(limit: String, value: Int)
    /// Nothing of it is in force.
    case configurationInvalid(problems: [ConfigurationProblem])
    /// Not an administrator.
    case permissionDenied
}

extension BrokerError: CustomStringConvertible {
    /// What happened and what to do about it, for people: one line that a terminal may show.
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
            "segment \(name) is on its way out; it is made again when its last user has gone"
        case .segmentInUse(let name, let attachments, let leases):
            "segment \(name) is in use: \(counted(attachments, "attachment")), \(counted(leases.count, "lease"))"
                + (leases.count < Lease.mostShown ? "" : " or more")
                + "; `--when=idle` waits until it is not"
        case .noSuchLease(let lease):
            "there is no lease \(lease) on this connection"
        case .limitReached(let limit, let value):
            Self.configuredLimits.contains(limit)
                ? "\(limit) = \(value) of segmentd.toml is reached"
                : "\(limit) = \(value), which is no setting, is reached"
        case .configurationInvalid(let problems):
            "the configuration is invalid: \(counted(problems.count, "problem"))"
        case .permissionDenied:
            "only root, the daemon's user and members of the administrators' groups may do this"
        }
    }
}

extension Access {
    fileprivate var words: String { self == .readOnly ? "read-only" : "for reading and writing" }
}
