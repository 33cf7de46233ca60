import SegmentModel
import SystemVSharedMemory

/// What a subscriber believes who has seen every event since the start.
struct Mirror {
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
