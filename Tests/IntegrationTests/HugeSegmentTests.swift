import Segments
import SegmentModel
import SegmentTestSupport
import SystemVSharedMemory
import Testing

extension RealDaemon {
    /// Segments that cost their creators nothing, because no memory is reserved: shmget(2), SHM_NORESERVE.
    @Suite(.serialized, .enabled(if: Programs.canSwitchUser)) struct HugeSegmentTests {
        /// So large that the sum of four does not fit in 64 bits.
        private static let size: UInt64 = 1 << 63 - 65537

        @Test(.resilience("a user makes segments of 2^63 bytes"))
        func `segments of 2^63 bytes do not harm a daemon, running or starting`() throws {
            try DaemonFixture.with(
                ["segments.d/a.toml": "size = 4096\nmode = \"0666\""],
                environment: DaemonFixture.oftenChecked
            ) { daemon in
                let made = try (0..<4).map { _ in try Self.makeSegment() }
                defer { for identifier in made { try? LinuxKernel().remove(identifier) } }
                try expectServing(daemon)
                daemon.kill()
                try daemon.start()
                try expectServing(daemon)
            }
        }

        private func expectServing(_ daemon: DaemonFixture) throws {
            try daemon.awaitChecks()
            let client = try daemon.client()
            let status = try client.daemonStatus()
            #expect(status.kernelSegmentCount == 5)
            #expect(try client.segments().map(\.state) == [.ready])
            #expect(try client.attach("a").byteCount == 4096)
            let page = try daemon.segmentctl("status")
            #expect(page.status == 0, "\(page.output)")
        }

        /// Creates a segment of an unprivileged user.
        private static func makeSegment() throws -> SegmentIdentifier {
            let result = try Stranger.run(#"perl -e "print shmget(0, \#(size), 011600)""#)
            return SegmentIdentifier(rawValue: try #require(Int32(result.output), "\(result.output)"))
        }
    }
}
