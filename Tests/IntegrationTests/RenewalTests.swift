import Segments
import SegmentModel
import SegmentTestSupport
import SystemVSharedMemory
import Testing

extension RealDaemon {
    /// Segments removed and created again in one step.
    @Suite(.serialized) struct RenewalTests {
        private static let file = "segments.d/a.toml"
        private static func text(_ size: Int) -> String { "size = \(size)\n[key]\nvalue = 0x77" }

        @Test func `the remedy shown by status after an edit applies it`() throws {
            try DaemonFixture.with([Self.file: Self.text(4096)]) { daemon in
                let client = try daemon.client()
                let old = try #require(try client.segment(named: "a").identifier)
                try daemon.write(Self.text(8192), to: Self.file)
                _ = try client.reloadConfiguration()
                #expect(try daemon.status("a").contains("`segmentctl renew a`"))
                #expect(try daemon.segmentctl("renew a").status == 0)
                let renewed = try client.segment(named: "a")
                #expect(renewed.state == .ready)
                #expect(renewed.size.bytes == 8192)
                #expect(renewed.identifier != old)
                #expect(try daemon.segmentctl("key a").output == "0x00000077\n")
                #expect(try daemon.segmentctl("renew z").status == 4)
            }
        }

        @Test func `a segment in use is refused, and a pending renewal outlives a kill`() throws {
            try DaemonFixture.with(
                [Self.file: Self.text(4096)],
                environment: DaemonFixture.oftenChecked
            ) { daemon in
                let old = try #require(try daemon.client().segment(named: "a").identifier)
                do {
                    let holding = Holding(try daemon.client().attach("a"))
                    #expect(try daemon.segmentctl("renew a").status == 6)
                    #expect(try daemon.segmentctl("renew a --when=idle").status == 0)
                    daemon.kill()
                    try daemon.start()
                    #expect(try daemon.client().segment(named: "a").identifier == old)
                    holding.write(1, at: 0)
                }
                try daemon.awaitChecks()
                let renewed = try daemon.client().segment(named: "a")
                #expect(renewed.state == .ready)
                #expect(renewed.identifier != old)
            }
        }
    }
}
