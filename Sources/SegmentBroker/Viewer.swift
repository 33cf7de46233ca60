import SystemPackage
package import SegmentModel

/// Who looks: everybody sees the segments, not everybody the leases of others.
package struct Viewer: Equatable, Sendable {
    package var client: Client
    /// Root, the daemon's own user, or a member of an administrators' group.
    package var isAdministrator: Bool

    package init(client: Client, isAdministrator: Bool) {
        self.client = client
        self.isAdministrator = isAdministrator
    }

    /// Foreign leases are for administrators and for those whom the mode lets read.
    func sees(leaseOf userID: UInt32, under rule: AccessRule?) -> Bool {
        isAdministrator || userID == client.userID
            || rule.map { $0.grants(.readOnly, to: client) } ?? false
    }
}
