import SegmentModel
import SystemVSharedMemory

/// What the simulation remembers of segments beside what the kernel knows, to check the broker by.
struct Oracle {
    /// Made by a broker, in any of its lives; all others are foreign.
    var made: Set<SegmentIdentifier> = []
    /// Made within the command that runs.
    var madeNow: Set<SegmentIdentifier> = []
    /// Their record was lost by the disk's fault, so that nobody may be able to tell what they are.
    var excused: Set<SegmentIdentifier> = []
    /// When a program last had a segment attached or leased.
    var lastUsed: [SegmentIdentifier: Duration] = [:]
    /// As the broker showed it after its last command.
    var view: [SegmentDescription] = []
    /// Somebody with the right to do anything interfered within the command that runs.
    var isInterferedWith = false
    /// Somebody did something within the command that runs, or an earlier one of those that are given together.
    var isInterleaved = false
    /// Several commands are given together, and what the broker shows is not looked at in between.
    var isTogether = false
    /// One of the calls of the last command failed.
    var hasFailed = false

    mutating func begin() {
        madeNow = []
        isInterferedWith = false
        isInterleaved = isInterleaved && isTogether
    }

    /// What events tell while the broker is not looked at.
    mutating func hear(_ event: SegmentEvent) {
        guard isTogether, let segment = event.segment else { return }
        view.removeAll { $0.name == segment.name }
        view.append(segment)
    }

    func shown(_ identifier: SegmentIdentifier) -> SegmentDescription? {
        view.first { $0.identifier == identifier }
    }
}

/// What a subscriber believes who has seen every event since the start.
struct SubscriberModel {
    struct Entry: Equatable {
        var state: SegmentState
        var identifier: SegmentIdentifier?
    }

    private(set) var entries: [SegmentName: Entry] = [:]
    private(set) var leases = 0

    mutating func begin(_ segments: [SegmentDescription]) {
        leases = 0
        entries = [:]
        for segment in segments {
            entries[segment.name] = Entry(state: segment.state, identifier: segment.identifier)
        }
    }

    mutating func hear(_ event: SegmentEvent) {
        switch event.kind {
        case .leased: leases += 1
        case .released: leases -= 1
        default:
            guard let segment = event.segment else { return }
            let isForgotten = event.kind == .removed && segment.configurationFile == nil
            entries[segment.name] =
                isForgotten ? nil : Entry(state: segment.state, identifier: segment.identifier)
        }
    }

    /// Where what events told and what the broker shows differ.
    func difference(from segments: [SegmentDescription]) -> String? {
        for segment in segments {
            let entry = Entry(state: segment.state, identifier: segment.identifier)
            if entries[segment.name] != entry {
                return "\(segment.name) is \(entry), events told of \(entries[segment.name] as Entry?)"
            }
        }
        let ghost = entries.keys.first { name in !segments.contains { $0.name == name } }
        return ghost.map { "events told of \($0), which is not there" }
    }
}
