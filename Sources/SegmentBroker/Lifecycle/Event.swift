package import SegmentModel
package import SystemVSharedMemory

extension SegmentLifecycle {
    /// Something that changes a fact: a wish, or an answer of kernel or records.
    package enum Event: Hashable, Sendable {
        /// By a start or a reload, which cancels an administrator's earlier removal.
        case declared(Declaration)
        /// The same declaration after a check has looked up groups and key files again.
        case resolved(Declaration)
        case undeclared
        /// Whether an Acquire is waiting for the segment.
        case demanded(Bool)
        /// The number of leases on the present memory.
        case leases(Int)
        /// An administrator's request; nil withdraws one that is still due.
        case asked(Request?)
        /// Root has made the broker's user the owner of this segment.
        case adopt(SegmentIdentifier)
        /// A check, or a call that names the segment: query the kernel again and retry what was refused.
        case look
        case lingerOver
        /// Clients of the last broker have had the time to come back.
        case returned
        case stopping
        case restarting
        case answered(Action, Answer)
    }

    /// The outcome of an action.
    package enum Answer: Hashable, Sendable {
        case observed(Observation)
        /// There is no such segment.
        case nothing
        case created(SegmentIdentifier)
        case attached(AttachmentAddress)
        /// For a replacement: the old segment was marked, but no new one was created.
        case done
        /// EEXIST of shmget(2).
        case keyTaken
        case refused(SegmentProblem)
    }
}
