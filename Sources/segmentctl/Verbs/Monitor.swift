import ArgumentParser
import Glibc
import SegmentClient
import SegmentInterface

struct Monitor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print what happens to the segments, a line an event.",
        discussion: """
            It begins with every segment as it is, and begins again when the daemon has been restarted; it ends when \
            interrupted.
            """
    )

    @OptionGroup var options: GlobalOptions

    func run() throws {
        var hasSnapshot = false
        var events = try subscribe()
        while true {
            while let event = try next(events) {
                // A snapshot after the first is that of another connection.
                if hasSnapshot, [.current, .listed].contains(event.kind) {
                    options.notice("connected to the broker again: every segment as it is now")
                    hasSnapshot = false
                }
                hasSnapshot = hasSnapshot || event.kind == .listed
                try show(event)
            }
            events = try subscribeAgain()
        }
    }

    private func show(_ event: SegmentEvent) throws {
        if options.json == .off {
            if let line = EventLine.text(event, now: Moment.now) { try Output.print(line) }
        } else {
            try options.printJSON(event)
        }
    }

    /// Nil once the daemon has gone away.
    private func next(_ events: SegmentEvents) throws(SegmentClientError) -> SegmentEvent? {
        do throws(SegmentClientError) { return try events.next() } catch .disconnected { return nil }
    }

    private func subscribe() throws(SegmentClientError) -> SegmentEvents { try options.client().subscribe() }

    /// Waits for the daemon, however long that takes, in longer and longer pauses: 0.1 s at first, 1.6 s at last.
    private func subscribeAgain() throws(SegmentClientError) -> SegmentEvents {
        var pause: UInt32 = 100_000
        while true {
            usleep(pause)
            do throws(SegmentClientError) {
                return try subscribe()
            } catch {
                switch error {
                case .unreachable, .disconnected, .timedOut: pause = min(2 * pause, 1_600_000)
                default: throw error
                }
            }
        }
    }
}
