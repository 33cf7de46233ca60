import ArgumentParser
import Segments
import SegmentInterface

struct Monitor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the events of the segments, one per line.",
        discussion: """
            Starts with the current state of every segment, and starts over when the daemon has been restarted. Ends when \
            interrupted, or when its output is no longer read.
            """
    )

    @OptionGroup var options: GlobalOptions

    func run() throws {
        let events = try options.client().events()
        Output.endWithReader()
        var connectionCount = events.connectionCount
        while let event = try events.next() {
            if events.connectionCount != connectionCount {
                options.notice("reconnected to the broker; the current state of every segment follows")
                connectionCount = events.connectionCount
            }
            try show(event)
        }
    }

    private func show(_ event: SegmentEvent) throws {
        if options.json == .off {
            if let line = EventLine.text(event, now: Timestamp.now) { try Output.print(line) }
        } else {
            try options.printJSON(event)
        }
    }
}

/// The text of an event for people: `14:30:12 leased telemetry …`.
enum EventLine {
    /// Returns the line of an event; nil for the end of a snapshot.
    static func text(_ event: SegmentEvent, now: Int64) -> String? {
        guard let name = event.name else { return nil }
        return "\(Timestamp(now).timeOfDay) \(event.kind.rawValue) \(name)" + detail(event)
    }

    private static func detail(_ event: SegmentEvent) -> String {
        if let lease = event.lease {
            let user = NameLookup.user(lease.userID) ?? String(lease.userID)
            return
                " by \(lease.processID) of \(user), \(lease.access == .readOnly ? "read-only" : "read-write")"
        }
        guard let segment = event.segment else { return "" }
        return " (\(segment.state.rawValue)"
            + (segment.identifier.map { ", id \($0)" } ?? "")
            + (segment.problems.first.map { ", \($0.message)" } ?? "") + ")"
    }
}
