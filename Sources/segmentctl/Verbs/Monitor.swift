import ArgumentParser
import SegmentClient
import SegmentInterface

struct Monitor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print what happens to the segments, a line an event."
    )

    @OptionGroup var options: GlobalOptions

    func run() throws {
        let events = try options.client().subscribe()
        while let event = try events.next() {
            if options.json == .off {
                if let line = EventLine.text(event, now: Moment.now) { try Output.print(line) }
            } else {
                try options.printJSON(event)
            }
        }
        throw SegmentClientError.disconnected
    }
}
