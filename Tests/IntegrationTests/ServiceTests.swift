import Glibc
import Segments
import SegmentModel
import SegmentTestSupport
import SystemVSharedMemory
import Testing

extension RealDaemon {
    /// The daemon as seen by a service manager.
    @Suite(.serialized) struct ServiceTests {
        @Test func `READY comes after segments exist and the socket is served`() throws {
            try DaemonFixture.with([
                "segments.d/a.toml": "size = 4096", "segments.d/b.toml": "size = 1\ngroup = \"ghosts\"",
            ]) {
                daemon in
                #expect(try LinuxKernel().allSegments().count == 1)
                let client = try daemon.client()
                #expect(try client.segments().map(\.state) == [.ready, .blocked])
                daemon.process.signal(SIGHUP)
                let message = try daemon.notify.expect("READY=1")
                #expect(message.contains("STATUS=Serving 1 segment, 0 leases, 1 blocked"))
            }
        }

        @Test func `a reload is RELOADING with the time, then READY`() throws {
            try DaemonFixture.with { daemon in
                try daemon.write("size = 1", to: "segments.d/b.toml")
                daemon.process.signal(SIGHUP)
                let reloading = try daemon.notify.expect("RELOADING=1")
                let time = reloading.first { $0.hasPrefix("MONOTONIC_USEC=") }.flatMap {
                    UInt64($0.dropFirst(15))
                }
                var now = timespec()
                clock_gettime(CLOCK_MONOTONIC, &now)
                let microseconds = UInt64(now.tv_sec) * 1_000_000 + UInt64(now.tv_nsec) / 1000
                #expect(try #require(time) <= microseconds)
                #expect(try #require(time) > microseconds - 10_000_000)
                #expect(try daemon.notify.expect("READY=1").contains("STATUS=Serving 2 segments, 0 leases"))
            }
        }

        @Test func `an invalid reload changes nothing and reports errors`() throws {
            try DaemonFixture.with { daemon in
                try daemon.write("size = 0", to: "segments.d/a.toml")
                try daemon.write("size = 1", to: "segments.d/b.toml")
                daemon.process.signal(SIGHUP)
                let status = try daemon.notify.expect("READY=1").first { $0.hasPrefix("STATUS=") }
                #expect(
                    status
                        == "STATUS=Serving 1 segment, 0 leases; configuration refused (1 problem), the old one stays in force"
                )
                #expect(try daemon.client().segments().map(\.name.string) == ["a"])
                #expect {
                    try daemon.client().reloadConfiguration()
                } throws: {
                    let problems = ($0 as? SegmentClientError)?.configurationProblems ?? []
                    return problems.map(\.key) == ["size"] && problems.map(\.line) == [1]
                }
            }
        }

        @Test func `SIGTERM is a stop, SIGUSR2 a restart, and both exit with 0`() throws {
            try DaemonFixture.with([
                "segments.d/stop.toml": "size = 1\nkeep = \"until-stop\"", "segments.d/boot.toml": "size = 1",
            ]) {
                daemon in
                let before = try daemon.client().segment(named: "stop").identifier
                #expect(daemon.stop(SIGUSR2) == 0)
                #expect(try daemon.notify.expect("STOPPING=1").count == 2)
                #expect(try LinuxKernel().allSegments().count == 2)
                try daemon.start()
                #expect(try daemon.client().segment(named: "stop").identifier == before)
                #expect(daemon.stop(SIGTERM) == 0)
                #expect(try LinuxKernel().allSegments().count == 1)
                #expect(access(daemon.socket, F_OK) != 0)
            }
        }

        @Test func `the serving loop pings the watchdog, and the check notices changes without events`()
            throws
        {
            try DaemonFixture.with(environment: ["WATCHDOG_USEC": "200000"]) { daemon in
                for _ in 0..<3 { _ = try daemon.notify.expect("WATCHDOG=1") }
                let events = try daemon.client().events()
                while try events.next(timeout: .seconds(5))?.kind != .snapshotEnded {}
                let identifier = try #require(try LinuxKernel().allSegments().keys.first)
                try LinuxKernel().remove(identifier)
                let event = try #require(try events.next(timeout: .seconds(5)))
                #expect(event.kind == .replaced)
                #expect(event.segment?.state == .ready)
                #expect(event.segment?.identifier != identifier)
            }
        }

        @Test func `an invalid configuration makes the start fail with 8 and a reason`() throws {
            let directory = try DaemonFixture.makeDirectory()
            defer { system("rm -rf '\(directory)'") }
            try DaemonFixture.write("size = 0\nfoo = 1", to: "\(directory)/config/segments.d/a.toml")
            let notify = try NotifyListener("\(directory)/notify")
            let process = try ChildProcess(
                [
                    Programs.path("segmentd"), "--config", "\(directory)/config", "--socket",
                    "\(directory)/socket",
                    "--state", "\(directory)/state",
                ],
                environment: ["NOTIFY_SOCKET": notify.path]
            )
            #expect(process.wait() == 8)
            let status = try #require(try notify.expect("STATUS=").first)
            #expect(status.contains("segments.d/a.toml:1: size 0 is not a size"))
            #expect(status.contains("2 problems"))
            #expect(try LinuxKernel().allSegments().isEmpty)
        }

        @Test func `of several directories in the environment, the unit's own is used`() throws {
            let directory = try DaemonFixture.makeDirectory()
            defer { system("rm -rf '\(directory)'") }
            try DaemonFixture.write("nonsense = 1\n", to: "\(directory)/segmentd.toml")
            let result = try Programs.run(
                "NOTIFY_SOCKET='\(directory)/none' CONFIGURATION_DIRECTORY='\(directory):\(directory)/more' "
                    + "RUNTIME_DIRECTORY='\(directory)/state:\(directory)/more' timeout 10 "
                    + "'\(Programs.path("segmentd"))' --socket '\(directory)/socket'"
            )
            #expect(result.status == 8)
            #expect(result.output.contains("\(directory)/segmentd.toml:1: nonsense"), "\(result.output)")
        }

        @Test func `a second daemon on the same records or socket does not start`() throws {
            try DaemonFixture.with { daemon in
                let second = try Programs.run(
                    "'\(Programs.path("segmentd"))' --config '\(daemon.directory)/config' "
                        + "--socket '\(daemon.directory)/other' --state '\(daemon.state)'"
                )
                #expect(second.status == 1)
                #expect(second.output.contains("another segmentd"))
                let third = try Programs.run(
                    "'\(Programs.path("segmentd"))' --config '\(daemon.directory)/config' "
                        + "--socket '\(daemon.socket)' --state '\(daemon.directory)/state2'"
                )
                #expect(third.status == 1)
                #expect(third.output.contains(daemon.socket))
                #expect(try daemon.client().segments().count == 1)
            }
        }

        @Test(.enabled(if: geteuid() == 0)) func `root starting it by hand is referred to systemctl`() throws
        {
            let result = try Programs.run("'\(Programs.path("segmentd"))'")
            #expect(result.status == 2)
            #expect(result.output.contains("systemctl start segmentd"))
        }
    }
}

/// Tests that run the real daemon, one after the other, since each needs the whole IPC namespace.
@Suite(.serialized) struct RealDaemon {}
