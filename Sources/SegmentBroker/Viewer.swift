package import SegmentModel

/// A client that views segments: anyone may see segments, but not everyone the leases of others.
package struct Viewer: Equatable, Sendable {
    package var client: Client
    /// Root, the daemon's own user, or a member of an administrators' group.
    package var isAdministrator: Bool

    package init(client: Client, isAdministrator: Bool) {
        self.client = client
        self.isAdministrator = isAdministrator
    }
}

/// The viewers who may see one user's leases on a segment.
package struct LeaseAudience: Equatable, Sendable {
    var userID: UInt32
    /// Nil if the segment is not in the kernel.
    var rule: AccessRule?

    /// Returns whether a viewer may see the leases: other users' are for administrators and for those the
    /// mode lets read.
    package func includes(_ viewer: Viewer) -> Bool {
        viewer.isAdministrator || OverflowUser.isSame(viewer.client.userID, userID)
            || rule.map { $0.grants(.readOnly, to: viewer.client) } ?? false
    }
}
