import SegmentModel
package import SegmentRecords
package import SystemVSharedMemory

/// Whether a segment found in the kernel is ours to take over.
package struct Ownership: Equatable, Sendable {
    /// The daemon's own user.
    package var userID: UInt32
    /// A service has a user of its own, so what this user created is ours.
    ///
    /// A person's daemon shares its user with the person's programs and believes its records only.
    package var judgesByCreator: Bool

    package init(userID: UInt32, judgesByCreator: Bool) {
        self.userID = userID
        self.judgesByCreator = judgesByCreator
    }

    package func isOurs(
        _ identifier: SegmentIdentifier,
        _ status: SegmentStatus,
        record: SegmentRecord?
    ) -> Bool {
        guard status.creatorUserID == userID else { return false }
        // A creator without a number may be anybody.
        return judgesByCreator && userID != OverflowUser.number
            || record.map { Self.matches($0, identifier, status) } ?? false
    }

    /// Whether a record means this very segment.
    ///
    /// A marked one has lost its key; a record written just before a crash has no identifier yet.
    package static func matches(
        _ record: SegmentRecord,
        _ identifier: SegmentIdentifier,
        _ status: SegmentStatus
    ) -> Bool {
        guard let traits = record.segment?.traits else { return false }
        return (record.identifier == nil || record.identifier == identifier)
            && traits.creatorUserID == status.creatorUserID
            && traits.size == status.size
            && (traits.key == status.key || status.isMarkedForRemoval)
    }
}
