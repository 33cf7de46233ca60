package import SegmentModel
package import SystemVSharedMemory

/// The life of one segment: what is wanted, what is known, and what to do next.
///
/// Nothing here is a procedure. An event changes one fact. Then an ordered list of rules compares what is
/// wanted with what is known, and names the one action that brings them closer. The broker performs it, its
/// answer is the next event, and when no action is left the segment is at rest. The state is derived from the
/// facts and stored nowhere, so a start after a crash needs no code of its own: it has fewer facts, and asks
/// for them.
package struct SegmentLifecycle: Hashable, Sendable {
    package let name: SegmentName
    /// The broker's identity.
    package let credentials: Credentials

    // What is wanted.

    /// Nil while no file declares it.
    package internal(set) var declaration: Declaration?
    /// An administrator's request that is still due.
    package internal(set) var request: Request?
    /// Removed by an administrator, until the next Acquire, reload or start.
    package internal(set) var isDismissed = false
    /// An Acquire is waiting for the segment.
    package internal(set) var isDemanded = false
    /// Leases on the present memory; leases on former memory do not count.
    package internal(set) var leases = 0
    /// The segment that root asked the broker to adopt.
    package internal(set) var adopting: SegmentIdentifier?
    package internal(set) var phase = Phase.running

    // What is known.

    package internal(set) var memory = Memory.none
    /// Oldest first.
    package internal(set) var formerMemory: [FormerMemory] = []
    /// The result of the last look at the declared key.
    package internal(set) var declaredKey = DeclaredKey.notAsked
    /// The record on disk.
    package internal(set) var stored: Record?
    /// What the kernel or the disk refused since the last look; not retried before the next.
    package internal(set) var refusals: [Step: SegmentProblem] = [:]
    package internal(set) var linger = LingerTimer.off
    package internal(set) var loss = Loss.none
    /// How often another program has removed the segment and taken its key, up to `theftsUntilNamed`.
    package internal(set) var thefts = 0

    /// Actions of the current event that need no answer.
    var unanswered: [Action] = []

    /// With this many former memories a segment is not created again until one of them is gone.
    package static let formerMemoryLimit = 8
    /// From this theft on, the problem names the program.
    package static let theftsUntilNamed = 3

    /// A name with its record, if any; the kernel is not queried before the first event.
    package init(_ name: SegmentName, as credentials: Credentials, record: Record? = nil) {
        self.name = name
        self.credentials = credentials
        stored = record
        request = record?.request
        formerMemory = Array((record?.formerMemory ?? []).prefix(Self.formerMemoryLimit))
        // If the replaced segment is still there, the renewal has not happened.
        let segment = record?.segment
        if let replaced = record?.replacing {
            memory = .recorded(.created(replaced), orElse: segment)
        } else if let segment {
            memory = .recorded(segment, orElse: nil)
        }
        forgetMetRemoval()
    }

    /// Updates the facts from an event and returns what to do.
    ///
    /// At most one action, the last, needs an answer, which is the next event. If none does, the segment is at rest.
    package mutating func receive(_ event: Event) -> [Action] {
        apply(event)
        return nextActions()
    }

    /// The same for events that come together: what would follow from an earlier one alone is not done.
    package mutating func receive(_ events: [Event]) -> [Action] {
        for event in events { apply(event) }
        return nextActions()
    }

    private mutating func nextActions() -> [Action] {
        meetRequestWithoutMemory()
        setLinger()
        defer { unanswered = [] }
        if let action = nextAction() { return unanswered.isEmpty ? [action] : unanswered + [action] }
        refuseUnrecordedRequest()
        return unanswered
    }

    /// Nothing is left of the name, so the broker can forget it.
    package var isOver: Bool {
        declaration == nil && memory == .none && formerMemory.isEmpty && stored == nil
    }

    /// The keys reserved by this name.
    package var keys: [SegmentKey] {
        switch memory {
        case .live(let live): [live.identity.traits.key]
        case .recorded(let first, let second):
            [first.traits.key] + [second?.traits.key].compactMap(\.self).filter { $0 != first.traits.key }
        case .none: []
        }
    }

    mutating func tell(_ note: Note) { unanswered.append(.tell(note)) }
}
