import SegmentModel
import SystemVSharedMemory

/// What the simulation knows about segments in addition to the kernel, to check the broker against.
struct Oracle {
    /// Segments created by a broker, in any of its lives; all others are foreign.
    var made: Set<SegmentIdentifier> = []
    /// Segments created within the current command.
    var madeNow: Set<SegmentIdentifier> = []
    /// Segments whose record the disk lost, so that the broker may not recognize them.
    var excused: Set<SegmentIdentifier> = []
    /// When a program last had a segment attached or leased.
    var lastUsed: [SegmentIdentifier: Duration] = [:]
    /// The segments as shown by the broker after its last command.
    var view: [SegmentDescription] = []
    /// Whether root interfered within the current command.
    var isInterferedWith = false
    /// Whether another process acted within the current command, or an earlier one of a group.
    var isInterleaved = false
    /// Whether several commands are given together, without checking the broker's view in between.
    var isTogether = false
    /// Whether a call of the last command failed.
    var hasFailed = false

    mutating func begin() {
        madeNow = []
        isInterferedWith = false
        isInterleaved = isInterleaved && isTogether
    }

    /// Applies an event.
    mutating func hear(_ event: SegmentEvent) {
        guard isTogether, let segment = event.segment else { return }
        view.removeAll { $0.name == segment.name }
        view.append(segment)
    }

    func shown(_ identifier: SegmentIdentifier) -> SegmentDescription? {
        view.first { $0.identifier == identifier }
    }
}

/// The view of a subscriber that has received every event since the start.
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

    /// Returns a difference between the events and the broker's view; nil if there is none.
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
