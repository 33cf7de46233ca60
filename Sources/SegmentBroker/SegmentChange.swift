import Logging
import SegmentModel
import SystemPackage
import SystemVSharedMemory

/// A change of a segment, reported once: to the log, to subscribers, or to both.
enum SegmentChange {
    case created(ByteCount)
    /// Created in place of one that is gone.
    case replaced(ByteCount)
    case takenOver
    case takenOverUnrecorded
    /// The permissions before they were reset to the declared ones.
    case repaired(SegmentLifecycle.Permissions, hadOtherOwner: Bool)
    /// The permissions cannot be set.
    case unrepaired(SegmentProblem)
    /// The broker cannot attach it.
    case unpinned(SegmentProblem)
    /// The segment was created but cannot be opened to clients yet.
    case unopened(SegmentProblem)
    /// One difference from the declaration; subscribers get all differences together.
    case drifted(SegmentProblem)
    case blocked(SegmentProblem)
    /// The key moved to another project number of the same file.
    case keyMoved(SegmentKey, from: SegmentKey)
    case draining
    /// `isOrdered`: at an administrator's request. Clients may have former memory attached.
    case removed(isOrdered: Bool, leavesFormerMemory: Bool)
    /// Marked while clients have it attached.
    case marked
    case irremovable(String, isRenewal: Bool)
    case vanished
    case markedByOther
    case goneBeforeStart
    /// A second segment was created while clients have the first attached, which has this identifier.
    case twoAlive(SegmentIdentifier)
    /// Reported only to subscribers.
    case silent(SegmentEvent.Kind)

    /// The event for subscribers; nil if the change is only logged.
    var event: SegmentEvent.Kind? {
        switch self {
        case .created: .created
        case .replaced: .replaced
        case .takenOver, .takenOverUnrecorded, .repaired, .unrepaired, .unpinned, .unopened, .blocked,
            .draining:
            .changed
        case .removed(_, let leavesFormerMemory): leavesFormerMemory ? .removing : .removed
        case .marked: .removing
        case .silent(let kind): kind
        case .drifted, .keyMoved, .irremovable, .vanished, .markedByOther, .goneBeforeStart, .twoAlive:
            nil
        }
    }

    /// Whether the change concerns the memory that the name had before.
    var isOfFormerMemory: Bool {
        switch self {
        case .removed, .marked, .vanished, .markedByOther, .goneBeforeStart: true
        default: false
        }
    }

    /// Returns the log line; nil if the change is reported only to subscribers.
    func line(of name: SegmentName) -> Line? {
        switch self {
        case .created(let size): Line(.notice, .created, "Segment \(name) created, \(size)")
        case .replaced(let size): Line(.notice, .replaced, "Segment \(name) created again, \(size)")
        case .takenOver: Line(.info, .adopted, "Segment \(name) taken over")
        case .takenOverUnrecorded:
            Line(
                .warning,
                .adopted,
                "Segment \(name) taken over, which no record names: it has the key, and segmentd's user has created it"
            )
        case .repaired(let before, let hadOtherOwner):
            Line(
                hadOtherOwner ? .warning : .notice,
                .repaired,
                "Segment \(name) had owner \(before.userID), group \(before.groupID), mode "
                    + "\(before.mode.octal): set as declared"
            )
        case .unrepaired(let problem): Line(.error, .drifted, "Segment \(name): \(problem.message)")
        case .unpinned(let problem): Line(.warning, .drifted, "Segment \(name): \(problem.message)")
        case .unopened(let problem):
            Line(
                .error,
                .drifted,
                "Segment \(name) was created but is not open to clients yet: \(problem.message)"
            )
        case .drifted(let problem):
            Line(.warning, .drifted, "Segment \(name) has drifted: \(problem.message)")
        case .blocked(let problem): Line(.error, .blocked, "Segment \(name) is blocked: \(problem.message)")
        case .keyMoved(let key, let first):
            Line(
                .notice,
                .keyMoved,
                "Segment \(name) gets key \(key): project \(first.projectID) of its file is taken"
            )
        case .draining: Line(.notice, .draining, "Segment \(name) will be removed once it is unused")
        case .removed(let isOrdered, _):
            Line(.notice, .removed, "Segment \(name) removed", isOrdered: isOrdered)
        case .marked:
            Line(
                .warning,
                .removed,
                "Segment \(name) marked for removal while clients have it attached: they keep the old memory"
            )
        case .irremovable(let reason, let isRenewal):
            Line(
                .error,
                .removed,
                "Segment \(name) cannot be \(isRenewal ? "renewed" : "removed"): \(reason)"
            )
        case .vanished:
            Line(.warning, .removedByOther, "Segment \(name) was removed by another program")
        case .markedByOther:
            Line(.warning, .removedByOther, "Segment \(name) was marked for removal by another program")
        case .goneBeforeStart:
            Line(
                .warning,
                .removedByOther,
                "Segment \(name) disappeared since segmentd last ran: it was removed, or the host was rebooted"
            )
        case .twoAlive(let former):
            Line(
                .warning,
                .twoAlive,
                "Segment \(name) is created again while clients still have the old memory (identifier \(former))"
            )
        case .silent: nil
        }
    }

    /// A log line.
    struct Line {
        var level: Logger.Level
        var event: LoggedEvent
        var text: String
        /// Always logged, because an administrator asked for it.
        var isOrdered: Bool

        init(_ level: Logger.Level, _ event: LoggedEvent, _ text: String, isOrdered: Bool = false) {
            self.level = level
            self.event = event
            self.text = text
            self.isOrdered = isOrdered
        }
    }
}
