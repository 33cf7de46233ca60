package import SegmentModel
package import SystemVSharedMemory

extension SegmentLifecycle {
    /// An action that a segment needs.
    package enum Action: Hashable, Sendable {
        // Answered.

        /// IPC_STAT of an identifier.
        case ask(SegmentIdentifier)
        /// IPC_STAT of the segment under a key.
        case find(SegmentKey)
        /// shmget(2) with IPC_EXCL and mode 0600.
        case create(Traits)
        case attach(SegmentIdentifier)
        /// IPC_SET, then IPC_STAT.
        case setPermissions(SegmentIdentifier, Permissions)
        /// IPC_RMID, after the identity has been compared.
        case mark(Identity)
        /// `mark` immediately followed by `create`: the key is free only between the two system calls.
        case replace(Identity, with: Traits)
        case writeRecord(Record)
        case eraseRecord

        // Not answered.

        /// Drops the broker's own attachment; `isLast` frees the pages, which takes long enough for a worker thread.
        case detach(AttachmentAddress, isLast: Bool)
        case arm(Duration)
        case disarm
        case tell(Note)

        /// Nil for an action that is not answered.
        package var step: Step? {
            switch self {
            case .ask: .ask
            case .find: .find
            case .create: .create
            case .attach: .attach
            case .setPermissions: .setPermissions
            case .mark, .replace: .mark
            case .writeRecord: .record
            case .eraseRecord: .erase
            case .detach, .arm, .disarm, .tell: nil
            }
        }

        package var needsAnswer: Bool { step != nil }
    }

    /// The kind of action that the kernel or the disk can refuse.
    package enum Step: Hashable, Sendable {
        case ask, find, create, attach, setPermissions, mark, record, erase
    }

    /// An event reported once, to the journal and to subscribers.
    package enum Note: Hashable, Sendable {
        case created
        /// Created in place of memory that was lost or given up.
        case replaced
        case takenOver
        /// No record names it: it has the key, and our user has created it.
        case takenOverUnrecorded
        case adopted
        /// The permissions it had before they were reset to the declared ones.
        case repaired(Permissions)
        case removed
        /// Marked by the broker; clients have it attached.
        case marked
        /// Marked by another program.
        case markedByOther
        case vanished
        /// A record names it, but it has disappeared since the last broker ran.
        case goneBeforeStart
        case cannotAdopt(AdoptionRefusal)
        case requestNotRecorded(SegmentProblem?)
    }
}
