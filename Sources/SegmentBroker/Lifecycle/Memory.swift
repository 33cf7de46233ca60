package import SegmentModel
package import SystemVSharedMemory

extension SegmentLifecycle {
    /// The segment that has the name.
    package enum Memory: Hashable, Sendable {
        case none
        /// Named by a record, first the one that is asked for first; the kernel has not said yet whether it is there.
        case recorded(RecordedSegment, orElse: RecordedSegment?)
        case live(Live)
    }

    /// A segment in the kernel under its key.
    package struct Live: Hashable, Sendable {
        package var identity: Identity
        package var permissions: Permissions
        /// Those that it had before the broker locked others out; nil where it did not.
        ///
        /// A new segment begins locked.
        package var permissionsBefore: Permissions?
        /// Without the broker's own.
        package var clientAttachments: UInt64 = 0
        /// The broker's own attachment.
        package var address: AttachmentAddress?
        /// Asked since the last look; before nothing is done to it.
        package var isFresh = true
        /// Clients may have used it since it was made.
        package var wasUsed: Bool
    }

    /// Memory that had the name before: marked for removal, still attached.
    package struct FormerMemory: Hashable, Sendable {
        package var identity: Identity
        /// An administrator removed it `now`, so that nothing else gets the name before it is gone.
        package var holdsName: Bool
        /// Nil until asked since the last look, and in a record.
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
        /// By a segment that is not this name's; the problem names it.
        case taken(SegmentProblem)
    }

    /// What became of the memory that the next creation makes good.
    package enum Loss: Hashable, Sendable {
        case none
        /// By the broker's own doing, or while it was not running.
        case gone
        /// Removed by somebody else.
        case removedByOther
        /// Removed by somebody else, and its key taken.
        case stolen
    }

    /// The timer of a `while-used` segment that nobody uses.
    package enum LingerTimer: Hashable, Sendable {
        case off
        case armed(Duration)
        case over(Duration)
    }
}
