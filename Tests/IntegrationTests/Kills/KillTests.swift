import Glibc
import Segments
import SegmentTestSupport
import Testing

extension RealDaemon {
    /// The daemon is killed at random moments, again and again, while programs work with it.
    @Suite(.serialized) struct KillTests {
        private static let kills = Sanitizer.tries(500, sanitized: 40)
        private static let files = [
            "segments.d/boot.toml": "size = 65536",
            "segments.d/fixed.toml": "size = 8192\nmode = \"0664\"\n[key]\nvalue = 0x77",
            "segments.d/stop.toml": "size = 4096\nkeep = \"until-stop\"",
            "segments.d/used.toml": "size = 4096\nkeep = \"while-used\"\nlinger = \"20 ms\"",
        ]

        @Test(.timeLimit(.minutes(3)))
        func `kills under load: kernel, records and files agree after each start`() throws {
            let seed = UInt64.random(in: 1...999_999_999)
            var random = SeededGenerator(seed: seed)
            try DaemonFixture.with(Self.files) { daemon in
                let holding = Holding(try daemon.client().attach("boot"))
                holding.write(seed, at: 0)
                let load = try Load(daemon)
                defer { load.end() }
                for _ in 0..<Self.kills {
                    usleep(UInt32(random.below(12_000)))
                    daemon.kill()
                    // One in four is killed before it is ready, or shortly after.
                    while random.once(in: 4) {
                        try daemon.spawn()
                        usleep(UInt32(random.below(12_000)))
                        daemon.kill()
                    }
                    try daemon.start()
                    try load.pausing(daemon.notify) { try Snapshot(daemon).expectAgreement() }
                    #expect(try holding.segment.isCurrent())
                    #expect(holding.read(at: 0) == seed)
                }
                try load.pausing(daemon.notify) {}
                load.end()
                #expect(load.surprises.isEmpty, "\(load.surprises)")
                #expect(load.rounds > Self.kills)
                Resilience.record(
                    "kill -9 of the daemon under load",
                    tries: Self.kills,
                    test: "KillTests"
                )
            }
        }
    }
}
