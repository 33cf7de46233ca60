import Glibc
import Segments
import SegmentModel
import SegmentTestSupport
import SystemVSharedMemory
import Testing

extension RealDaemon {
    /// Attempts of an unprivileged user to get at segments and leases of others.
    @Suite(
        .serialized,
        .enabled(if: Programs.canSwitchUser),
        .resilience("another user asks for what is not theirs, or may write a file of the configuration")
    )
    struct PermissionTests {
        private static let broker = "io.segmentd.Broker"
        private static let closed = ["segments.d/a.toml": "size = 4096\ngroup = \"users\"\nmode = \"0660\""]

        private static func call(_ method: String, _ parameters: String = "{}", _ rest: String = "") -> String
        {
            #"{"method":"\#(method)","parameters":\#(parameters)\#(rest)}|"#
        }

        static let refusals: [(String, String)] = [
            (call("\(broker).Acquire", #"{"name":"a"}"#), "\(broker).AccessDenied"),
            (call("\(broker).Release", #"{"lease":"1"}"#), "\(broker).NoSuchLease"),
            (call("\(broker).Remove", #"{"name":"a","when":"now"}"#), "org.varlink.service.PermissionDenied"),
            (call("\(broker).Reload"), "org.varlink.service.PermissionDenied"),
            (call("io.systemd.service.Reload"), "org.varlink.service.PermissionDenied"),
            (
                call("io.systemd.service.SetLogLevel", #"{"level":7}"#),
                "org.varlink.service.PermissionDenied"
            ),
        ]

        @Test func `another user can neither acquire, release nor administer what is not theirs`() throws {
            try DaemonFixture.with(Self.closed) { daemon in
                let client = try daemon.client()
                let segment = try client.attach("a")
                let stranger = try Stranger.connect(daemon.socket)
                for (call, error) in Self.refusals {
                    stranger.send(call)
                    #expect(try stranger.receive()?.hasPrefix(#"{"error":"\#(error)""#) == true, "\(call)")
                }
                #expect(try client.segment(named: "a").leases.count == 1)
                #expect(try segment.isCurrent())
            }
        }

        @Test func `another user does not see leases on segments they may not read`() throws {
            try DaemonFixture.with(Self.closed) { daemon in
                let listener = try Stranger.connect(daemon.socket)
                listener.send(Self.call("\(Self.broker).Subscribe", "{}", #","more":true"#))
                #expect(try listener.receive()?.contains(#""event":"current""#) == true)
                #expect(try listener.receive()?.contains(#""event":"listed""#) == true)
                let client = try daemon.client()
                try client.withSegment("a", access: .readWrite) { _ in
                    let stranger = try Stranger.connect(daemon.socket)
                    stranger.send(Self.call("\(Self.broker).Describe", #"{"name":"a"}"#))
                    #expect(try stranger.receive()?.contains(#""leases":[]"#) == true)
                    stranger.send(Self.call("\(Self.broker).List", "{}", #","more":true"#))
                    #expect(try stranger.receive()?.contains(#""leases":[]"#) == true)
                }
                // The next event that they get is not about the lease.
                try client.remove("a", when: .immediately)
                #expect(try listener.receive()?.contains(#""event":"remov"#) == true)
            }
        }

        @Test func `one user's leases are no one else's quota`() throws {
            try DaemonFixture.with([
                "segments.d/a.toml": "size = 1\nmode = \"0666\"",
                "segmentd.toml": "[limits]\nleases_per_user = 2\nconnections_per_user = 3",
            ]) { daemon in
                let acquire = Self.call("\(Self.broker).Acquire", #"{"name":"a"}"#)
                let strangers = try (0..<3).map { _ in try Stranger.connect(daemon.socket) }
                for connection in strangers { connection.send(acquire) }
                let replies = try strangers.map { try $0.receive() }
                #expect(replies.count { $0?.contains("leases_per_user") == true } == 1)
                let fourth = try Stranger.connect(daemon.socket)
                #expect(try fourth.receive()?.contains("connections_per_user") == true)
                #expect(try daemon.client().attach("a").byteCount == 1)
            }
        }

        @Test(
            arguments: ["chown 64011", "chmod o+w", "chmod g+w"],
            ["segmentd.toml", "segments.d/a.toml", "segments.d"]
        )
        func `a configuration writable by others is refused with a reason`(
            command: String,
            file: String
        ) throws {
            try DaemonFixture.with(["segmentd.toml": "", "segments.d/a.toml": "size = 4096"]) { daemon in
                let path = "\(daemon.directory)/config/\(file)"
                system("\(command) '\(path)'")
                let refused = try daemon.segmentctl("reload")
                #expect(refused.status == 8)
                #expect(refused.output.contains(path))
                #expect(
                    refused.output.contains(
                        command.hasPrefix("chown") ? "belongs to user 64011" : "is writable by"
                    )
                )
                #expect(try daemon.client().segments().map(\.state) == [.ready])
                daemon.kill()
                let start = try Programs.run(
                    "'\(Programs.path("segmentd"))' --config '\(daemon.directory)/config' "
                        + "--socket '\(daemon.socket)' --state '\(daemon.state)'"
                )
                #expect(start.status == 8)
                #expect(start.output.contains(path))
                system("chown root '\(path)'; chmod go-w '\(path)'")
            }
        }
    }
}
