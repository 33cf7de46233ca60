package import SegmentModel
package import SystemVSharedMemory

extension SegmentLifecycle {
    /// The segment that currently has the name.
    package enum Memory: Hashable, Sendable {
        case none
        /// Named by a record and not yet confirmed by the kernel; the second is tried if the first is gone.
        case recorded(RecordedSegment, orElse: RecordedSegment?)
        case live(Live)
    }

    /// A segment in the kernel under its key.
    package struct Live: Hashable, Sendable {
        package var identity: Identity
        package var permissions: Permissions
        /// The permissions to restore; nil unless the broker has restricted the segment to the owner.
        ///
        /// A new segment starts restricted.
        package var permissionsBefore: Permissions?
        /// Not counting the broker's own.
        package var clientAttachments: UInt64 = 0
        /// The broker's own attachment.
        package var address: AttachmentAddress?
        /// Queried since the last look; until then nothing is done to the segment.
        package var isFresh = true
        /// Clients may have used it since it was created.
        package var wasUsed: Bool
        /// Clients of the last broker may not have had the time yet to come back.
        package var awaitsClients = false
    }

    /// Memory that used to have the name: marked for removal, still attached.
    package struct FormerMemory: Hashable, Sendable {
        package var identity: Identity
        /// An administrator removed it `now`, so the name stays taken until its last detach.
        package var holdsName: Bool
        /// Nil until queried since the last look, and always nil in a record.
        package var attachments: UInt64?

        package init(identity: Identity, holdsName: Bool, attachments: UInt64? = nil) {
            self.identity = identity
            self.holdsName = holdsName
            self.attachments = attachments
        }
    }

    package enum DeclaredKey: Hashable, Sendable {
        case notAsked
        case free
        /// By a foreign segment, which the problem describes.
        indirect case taken(SegmentProblem)
    }

    /// What happened to the memory that the next creation replaces.
    package enum Loss: Hashable, Sendable {
        case none
        /// Given up by the broker, or gone while the broker was not running.
        case gone
        /// Removed by another program.
        case removedByOther
        /// Removed by another program, which then took the key.
        case stolen
    }

    /// The timer of an unused `while-used` segment.
    package enum LingerTimer: Hashable, Sendable {
        case off
        case armed(Duration)
        case over(Duration)
    }
}
