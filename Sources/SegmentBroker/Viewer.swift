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
}

/// Those who may see one user's leases on a segment.
package struct LeaseAudience: Equatable, Sendable {
    var userID: UInt32
    /// Nil where the segment is not in the kernel.
    var rule: AccessRule?

    /// Foreign leases are for administrators and for those whom the mode lets read.
    package func includes(_ viewer: Viewer) -> Bool {
        viewer.isAdministrator || OverflowUser.isSame(viewer.client.userID, userID)
            || rule.map { $0.grants(.readOnly, to: viewer.client) } ?? false
    }
}
