import Glibc
import Segments
import SegmentTestSupport
import Testing

extension RealDaemon {
    /// segmentctl in a different IPC namespace than the broker.
    @Suite(.serialized, .resilience("a client in another IPC namespace"))
    struct NamespaceTests {
        private static let files = [
            "segments.d/a.toml": "size = 4096", "segments.d/w.toml": "size = 1\nkeep = \"while-used\"",
        ]

        private func elsewhere(
            _ arguments: String,
            _ daemon: DaemonFixture
        ) throws -> (
            status: Int32, output: String
        ) {
            try Programs.run(
                "SEGMENTD_SOCKET='\(daemon.socket)' timeout 10 unshare --ipc -- '\(Programs.path("segmentctl"))' \(arguments)"
            )
        }

        @Test func `in another IPC namespace, keys and identifiers are not printed`() throws {
            try DaemonFixture.with(Self.files) { daemon in
                let attached = try elsewhere("read a", daemon)
                #expect(attached.output.contains("is in"))
                for verb in [
                    "key a", "id a", "run a -- touch '\(daemon.directory)/begun'", "write a < /dev/null",
                    "send a /dev/null", "receive a", "read w",
                ] {
                    let result = try elsewhere(verb, daemon)
                    #expect(result.status == attached.status, "\(verb)")
                    // Each command runs in its own namespace.
                    #expect(shape(result.output) == shape(attached.output), "\(verb)")
                }
                #expect(access("\(daemon.directory)/begun", F_OK) != 0)
                // No segment was created for a client that cannot use it.
                #expect(try daemon.client().segment(named: "w").identifier == nil)
                #expect(try daemon.client().daemonStatus().leaseCount == 0)
            }
        }

        @Test func `lists and status pages say so`() throws {
            try DaemonFixture.with(Self.files) { daemon in
                for verb in ["list", "status", "status a", "list --json=short"] {
                    let there = try elsewhere(verb, daemon)
                    #expect(there.status == 0, "\(verb)")
                    #expect(
                        there.output.contains("segmentctl: the broker's segments are in IPC namespace"),
                        "\(verb)"
                    )
                    let quiet = try elsewhere("-q \(verb)", daemon)
                    #expect(!quiet.output.contains("the broker's segments are"), "\(verb)")
                    let here = try daemon.segmentctl(verb)
                    #expect(!here.output.contains("the broker's segments are"), "\(verb)")
                }
            }
        }

        private func shape(_ text: String) -> String { String(text.filter { !$0.isNumber }) }
    }
}
