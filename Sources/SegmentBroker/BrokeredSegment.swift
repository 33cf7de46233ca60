import SegmentModel
import SegmentRecords
import SystemPackage
import SystemVSharedMemory

/// Everything the broker knows of one name.
final class BrokeredSegment {
    let name: SegmentName
    /// Nil once no file declares it any more.
    var definition: SegmentDefinition?
    var life = SegmentLife.absent
    /// By number, which only grows.
    var leases: [UInt64: HeldLease] = [:]
    /// What is on disk.
    ///
    /// While the segment is absent or blocked: what the kernel has not yet been able to say whether it is still true.
    var record: SegmentRecord?
    /// The key it has or will get; nil while none can be placed.
    var key: SegmentKey?
    /// How often the lines that clients cause may still be logged.
    var logAllowances: [LogKind: LogAllowance] = [:]

    init(_ name: SegmentName, _ definition: SegmentDefinition?) {
        self.name = name
        self.definition = definition
    }

    var isWhileUsed: Bool {
        if case .whileUsed = definition?.keep { true } else { false }
    }
}

/// Where a segment stands, with what is true only there.
enum SegmentLife {
    case absent
    case live(LiveSegment)
    case draining(LiveSegment)
    case removing(DoomedSegment)
    case blocked(SegmentProblem)

    var state: SegmentState {
        switch self {
        case .absent: .absent
        case .live(let live): live.problems.isEmpty ? .ready : .drifted
        case .draining: .draining
        case .removing: .removing
        case .blocked: .blocked
        }
    }

    /// Whether it is in the kernel and not marked for removal.
    var isInKernel: Bool {
        switch self {
        case .live, .draining: true
        case .absent, .removing, .blocked: false
        }
    }

    /// Whether its permissions differ and could not be set.
    var isUnrepaired: Bool {
        switch self {
        case .live(let live), .draining(let live): live.unrepaired != nil
        case .absent, .removing, .blocked: false
        }
    }

    /// Of the segment, also where it is marked for removal.
    var identifier: SegmentIdentifier? {
        if case .removing(let doomed) = self { doomed.identifier } else { segment?.identifier }
    }

    /// The segment where it is in the kernel and not marked for removal.
    ///
    /// Setting it changes what is known of the segment, never where it stands.
    var segment: LiveSegment? {
        get {
            switch self {
            case .live(let live), .draining(let live): live
            case .absent, .removing, .blocked: nil
            }
        }
        set {
            guard let newValue else { return }
            switch self {
            case .live: self = .live(newValue)
            case .draining: self = .draining(newValue)
            case .absent, .removing, .blocked: break
            }
        }
    }
}

/// A segment in the kernel under its key.
struct LiveSegment {
    var identifier: SegmentIdentifier
    var key: SegmentKey
    /// In bytes.
    var size: UInt64
    /// The broker's own attachment; nil only where the kernel refused one.
    var keeper: AttachmentAddress?
    /// Size and key, until it is made anew.
    var differences: [SegmentProblem] = []
    /// Permissions that could not be set.
    var unrepaired: SegmentProblem?
    /// Why there is no keeper.
    var unshielded: SegmentProblem?

    /// What keeps it from being ready.
    var problems: [SegmentProblem] { differences + [unrepaired, unshielded].compactMap(\.self) }

    /// How often clients have it attached.
    func attachments(_ status: SegmentStatus) -> Int {
        max(0, Int(clamping: status.attachmentCount) - (keeper == nil ? 0 : 1))
    }
}

/// A segment marked for removal: it has no key and goes with its last detach.
struct DoomedSegment {
    var identifier: SegmentIdentifier
    /// In bytes.
    var size: UInt64
    /// Marked by somebody who is not the broker: it is made again when it is gone.
    var byOther: Bool
}
