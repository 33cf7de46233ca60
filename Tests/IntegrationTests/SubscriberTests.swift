import Glibc
import Segments
import SegmentModel
import SegmentTestSupport
import Testing

extension RealDaemon {
    /// Events for subscribers when much happens at once.
    @Suite(.serialized) struct SubscriberTests {
        @Test func `a reading subscriber survives large reloads with a correct view in the end`() throws {
            try DaemonFixture.with { daemon in
                let status = ProcessStatus(daemon.process.identifier)
                let listeners = try (0..<3).map { _ in try daemon.client().events() }
                // Several MiB of events, as much as thousands of short ones.
                let text = "size = 1\ndescription = \"\(String(repeating: "x", count: 3000))\""
                let files = Sanitizer.tries(600, sanitized: 200)
                for number in 0..<files { try daemon.write(text, to: "segments.d/s\(number).toml") }
                let left = Set(["a"] + (0..<100).map { "s\($0)" })
                let pictures = listeners.map { events in
                    Thread { () throws -> Bool in
                        var picture = Picture()
                        while picture.isSnapshot || picture.names != left {
                            guard let event = try events.next(timeout: .seconds(30)) else { return false }
                            picture.hear(event)
                        }
                        return true
                    }
                }
                try status.forgetPeak()
                let before = status.resident
                try #require(before > 0)
                let client = try daemon.client(timeout: .seconds(60))
                #expect(try client.reloadConfiguration().created.count == files)
                for number in 100..<files { unlink("\(daemon.segmentFiles)/s\(number).toml") }
                #expect(try client.reloadConfiguration().removing.count == files - 100)
                for picture in pictures { #expect(try picture.value()) }
                #expect(Sanitizer.isPresent || status.peak - before < 16 << 10)
            }
        }
    }

    /// The view of a subscriber that replaces everything with a new snapshot.
    private struct Picture {
        private(set) var names: Set<String> = []
        /// Segments named since the snapshot began; nil outside of one.
        private var snapshot: Set<String>? = []

        var isSnapshot: Bool { snapshot != nil }

        mutating func hear(_ event: SegmentEvent) {
            guard let name = event.name?.string else {
                if let snapshot { names = snapshot }
                snapshot = nil
                return
            }
            if event.kind == .snapshot, snapshot == nil { snapshot = [] }
            let isGone = event.kind == .removed && event.segment?.configurationFile == nil
            if isGone {
                names.remove(name)
                snapshot?.remove(name)
            } else {
                names.insert(name)
                snapshot?.insert(name)
            }
        }
    }
}
