import ArgumentParser
import Segments
import SegmentInterface

struct Monitor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print what happens to the segments, a line an event.",
        discussion: """
            It begins with every segment as it is, and begins again when the daemon has been restarted; it ends when \
            interrupted, or when nobody reads it any more.
            """
    )

    @OptionGroup var options: GlobalOptions

    func run() throws {
        let events = try options.client().events()
        Output.endWithReader()
        var connectionCount = events.connectionCount
        while let event = try events.next() {
            if events.connectionCount != connectionCount {
                options.notice("connected to the broker again: every segment as it is now")
                connectionCount = events.connectionCount
            }
            try show(event)
        }
    }

    private func show(_ event: SegmentEvent) throws {
        if options.json == .off {
            if let line = EventLine.text(event, now: Moment.now) { try Output.print(line) }
        } else {
            try options.printJSON(event)
        }
    }
}

/// One event for people: `14:30:12 leased telemetry …`.
enum EventLine {
    /// Nil for the end of the opening snapshot.
    static func text(_ event: SegmentEvent, now: Int64) -> String? {
        guard let name = event.name else { return nil }
        return "\(Moment(now).timeOfDay) \(event.kind.rawValue) \(name)" + detail(event)
    }

    private static func detail(_ event: SegmentEvent) -> String {
        if let lease = event.lease {
            let user = People.user(lease.userID) ?? String(lease.userID)
            return
                " by \(lease.processID) of \(user), \(lease.access == .readOnly ? "read-only" : "read-write")"
        }
        guard let segment = event.segment else { return "" }
        return " (\(segment.state.rawValue)"
            + (segment.identifier.map { ", id \($0)" } ?? "")
            + (segment.problems.first.map { ", \($0.message)" } ?? "") + ")"
    }
}
