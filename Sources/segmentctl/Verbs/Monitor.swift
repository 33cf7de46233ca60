import ArgumentParser
import SegmentClient
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
        let events = try options.client().subscribe()
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
