package import SegmentModel
package import SystemVSharedMemory

extension SegmentLifecycle {
    /// What a segment hears: what is wanted of it, and what the kernel and the records answered.
    package enum Event: Hashable, Sendable {
        /// By a start or a reload: what an administrator removed is wanted again.
        case declared(Declaration)
        /// The same declaration after a check has looked up groups and key files again.
        case resolved(Declaration)
        case undeclared
        /// Whether an Acquire waits for it.
        case demanded(Bool)
        /// How many leases there are on its present memory.
        case leases(Int)
        /// An administrator's request; nil withdraws one that is still due.
        case asked(Request?)
        /// Root has made the broker's user the owner of this segment.
        case adopt(SegmentIdentifier)
        /// A check, or a call that names it: ask the kernel again, and try again what was refused.
        case look
        case lingerOver
        case stopping
        case restarting
        case answered(Action, Answer)
    }

    /// What kernel and records say to an action.
    package enum Answer: Hashable, Sendable {
        case observed(Observation)
        /// There is no such segment.
        case nothing
        case created(SegmentIdentifier)
        case attached(AttachmentAddress)
        /// Also of a replacement that could only mark the old segment.
        case done
        /// EEXIST of shmget(2).
        case keyTaken
        case refused(SegmentProblem)
    }
}
