import Glibc
import Segments
import SegmentModel
import SegmentTestSupport
import Testing
import SystemPackage

extension RealDaemon {
    /// Events across restarts of the daemon.
    @Suite(.serialized) struct SegmentEventsTests {
        private static let two = ["segments.d/a.toml": "size = 4096", "segments.d/b.toml": "size = 4096"]

        private func kinds(
            _ events: SegmentEvents,
            upTo last: SegmentEvent.Kind
        ) throws -> [SegmentEvent.Kind] {
            var kinds: [SegmentEvent.Kind] = []
            while kinds.last != last, let event = try events.next(timeout: .seconds(20)) {
                kinds.append(event.kind)
            }
            return kinds
        }

        @Test(arguments: [SIGTERM, SIGKILL])
        func `after a restart of the daemon, there is a new snapshot and then events`(
            signal: Int32
        ) throws {
            try DaemonFixture.with(Self.two) { daemon in
                let events = try daemon.client().events()
                #expect(try kinds(events, upTo: .snapshotEnded) == [.snapshot, .snapshot, .snapshotEnded])
                let waiting = Thread { try events.next()?.kind }
                usleep(50_000)
                daemon.stop(signal)
                try daemon.start()
                #expect(try waiting.value() == .snapshot)
                #expect(try kinds(events, upTo: .snapshotEnded) == [.snapshot, .snapshotEnded])
                try daemon.client().withSegment("a") { _ in }
                #expect(try kinds(events, upTo: .released) == [.leased, .released])
            }
        }

        @Test func `without a daemon the wait ends at its limit, and continues with the next daemon`() throws
        {
            try DaemonFixture.with { daemon in
                let events = try daemon.client().events()
                _ = try kinds(events, upTo: .snapshotEnded)
                daemon.stop()
                for _ in 0..<2 {
                    #expect(throws: SegmentClientError.timedOut) {
                        try events.next(timeout: .milliseconds(50))
                    }
                }
                try daemon.start()
                #expect(try kinds(events, upTo: .snapshotEnded) == [.snapshot, .snapshotEnded])
            }
        }

        @Test func `subscribing without a daemon is an error`() throws {
            try DaemonFixture.with { daemon in
                let client = try daemon.client()
                daemon.stop()
                #expect(throws: SegmentClientError.unreachable(socket: daemon.socket, .noSuchFileOrDirectory))
                {
                    _ = try client.events()
                }
                try daemon.start()
            }
        }
    }
}
