import Glibc
import Segments
import SegmentModel
import SegmentTestSupport
import SystemVSharedMemory
import Testing

extension RealDaemon {
    /// Signals at any time, and ends without something they normally have.
    @Suite(.serialized) struct SignalTests {
        private static let whileUsed = ["segments.d/a.toml": "size = 1\nkeep = \"while-used\""]

        /// Makes reading the configuration take a second.
        private static func slowly(_ directory: String) -> [String] {
            [
                "-P", "\(directory)/config", "-P",
                "\(directory)/config/segments.d", "-P", "\(directory)/config/segments.d/a.toml", "-e",
                "inject=openat,getdents64:delay_enter=1000000:when=1",
            ]
        }

        @Test func `SIGHUP while the configuration is read causes a reload`() throws {
            try whileReading { process, notify in
                process.signal(SIGHUP)
                _ = try notify.expect("READY=1")
                _ = try notify.expect("RELOADING=1")
                _ = try notify.expect("READY=1")
                process.signal(SIGTERM)
            }
        }

        @Test func `many SIGHUPs while the configuration is read do not refuse the start`() throws {
            try whileReading { process, notify in
                for _ in 0..<8 {
                    process.signal(SIGHUP)
                    usleep(20_000)
                }
                _ = try notify.expect("READY=1")
                process.signal(SIGTERM)
            }
        }

        @Test func `a socket that is slow to create delays no stop`() throws {
            let slowly = ["-e", "inject=bind:delay_enter=4000000"]
            try whileDelayed(by: { _ in slowly }) { process, notify in
                let socket = String(notify.path.dropLast("notify".count)) + "socket"
                process.signal(SIGTERM)
                _ = try notify.expect("STOPPING=1")
                // A traced process ends when the delayed call does.
                #expect(access(socket, F_OK) != 0, "the call is not over yet")
            }
        }

        @Test func `a stop during a start removes until-stop segments`() throws {
            // Under a sanitizer, each segment takes thirty times as long.
            let count = Sanitizer.tries(1500, sanitized: 200)
            let segments = (0..<count).map { ("segments.d/s\($0).toml", "size = 1\nkeep = \"until-stop\"") }
            try DaemonFixture.with(Dictionary(uniqueKeysWithValues: segments)) { daemon in
                #expect(daemon.stop(SIGUSR2) == 0)
                #expect(try LinuxKernel().allSegments().count == count)
                try daemon.spawn()
                for _ in 0..<100_000 where access(daemon.socket, F_OK) != 0 { usleep(200) }
                #expect(daemon.stop(SIGTERM) == 0)
                #expect(try LinuxKernel().allSegments().isEmpty)
                #expect(access(daemon.socket, F_OK) != 0)
            }
        }

        @Test(arguments: [SIGTERM, SIGINT, SIGUSR2])
        func `a signal to stop while the configuration is read stops as usual`(signal: Int32) throws {
            try whileReading { process, _ in process.signal(signal) }
        }

        /// Runs `body` while a daemon reads its configuration, and expects the daemon to end properly.
        private func whileReading(_ body: (ChildProcess, NotifyListener) throws -> Void) throws {
            try whileDelayed(by: Self.slowly, body)
        }

        /// Runs the daemon in a directory with certain calls delayed; `calls` are arguments of strace(1).
        private func whileDelayed(
            by calls: (String) -> [String],
            _ body: (ChildProcess, NotifyListener) throws -> Void
        ) throws {
            let directory = try DaemonFixture.makeDirectory()
            defer { DaemonFixture.remove(directory) }
            for (path, text) in Self.whileUsed {
                try DaemonFixture.write(text, to: "\(directory)/config/\(path)")
            }
            let notify = try NotifyListener("\(directory)/notify")
            let process = try ChildProcess(
                ["strace", "-D", "-f", "-q", "-o", "/dev/null"] + calls(directory)
                    + DaemonFixture.command(in: directory),
                environment: Sanitizer.traced.merging(["NOTIFY_SOCKET": notify.path]) { $1 },
                errors: "\(directory)/log"
            )
            // Only a delayed call leaves a thread stopped for that long.
            var stops = 0
            for _ in 0..<4000 where stops < 20 {
                let states = "/proc/\(process.identifier)/task/*/status"
                stops = Programs.works("grep -qs 'State:.t' \(states)") ? stops + 1 : 0
                usleep(2000)
            }
            try #require(stops == 20)
            try body(process, notify)
            try #require(process.ends(within: .seconds(10)), "the daemon does not end")
            #expect(process.wait() == 0)
            #expect(access("\(directory)/socket", F_OK) != 0)
        }

        @Test(.disabled(if: Sanitizer.isPresent, "a sanitizer needs room itself"))
        func `a stop needs no new thread`() throws {
            try DaemonFixture.with(Self.whileUsed) { daemon in
                let identifier = daemon.process.identifier
                _ = try daemon.client().lease("a", access: .readWrite)
                // The stack of a thread needs more.
                let limited = try Programs.run(
                    """
                    size=$(sed -n 's/^VmSize: *\\([0-9]*\\) kB/\\1/p' /proc/\(identifier)/status) &&
                    prlimit --pid \(identifier) --as=$(((size + 1024) * 1024))
                    """
                )
                #expect(limited.status == 0, "\(limited.output)")
                daemon.notify.drain()
                daemon.process.signal(SIGTERM)
                try #require(daemon.process.ends(within: .seconds(5)), "the daemon does not end")
                #expect(daemon.process.wait() == 0)
            }
        }

        @Test(.enabled(if: Programs.canSwitchUser && Programs.works("unshare --user true")))
        func `a service in a user namespace of its own refuses to start`() throws {
            let directory = try DaemonFixture.makeDirectory()
            defer { system("rm -rf '\(directory)'") }
            try #require(chown(directory, 997, 997) == 0)
            let result = try Programs.run(
                "NOTIFY_SOCKET=/nowhere RUNTIME_DIRECTORY='\(directory)/state' setpriv --reuid=997 --regid=997 "
                    + "--clear-groups unshare --user --map-user=997 timeout 10 '\(Programs.path("segmentd"))' "
                    + "--config '\(directory)/config' --socket '\(directory)/socket'"
            )
            #expect(result.status == 1, "\(result.output)")
            #expect(result.output.contains("remove PrivateUsers="), "\(result.output)")
        }
    }
}
