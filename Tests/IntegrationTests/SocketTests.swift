import Glibc
import POSIX
import Segments
import SegmentModel
import SegmentTestSupport
import Testing
import Varlink

extension RealDaemon {
    /// The listening socket and its path, which other processes may change.
    @Suite(.serialized) struct SocketTests {
        private static let whileUsed = ["segments.d/a.toml": "size = 1\nkeep = \"while-used\""]

        @Test func `sockets that would never be served fail the start and are named`() throws {
            for names in ["varlink:varlink", "varlink:metrics"] {
                let result = try handedOver(names)
                #expect(result.status == 1, "\(result.output)")
                #expect(result.output.contains("/one"), "\(result.output)")
                #expect(result.output.contains("/two"), "\(result.output)")
                #expect(result.output.contains("leave one ListenStream="), "\(result.output)")
            }
        }

        /// Starts the daemon with two sockets, named as in systemd.socket(5).
        private func handedOver(_ names: String) throws -> (status: Int32, output: String) {
            let directory = try DaemonFixture.makeDirectory()
            defer { system("rm -rf '\(directory)'") }
            let script = """
                my ($names, @paths) = splice @ARGV, 0, 3;
                my @sockets = map {
                    socket(my $s, AF_UNIX, SOCK_STREAM, 0); bind($s, pack_sockaddr_un($_)); listen($s, 1);
                    fcntl($s, F_DUPFD, 50)
                } @paths;
                POSIX::dup2($sockets[$_], 3 + $_) for 0, 1;
                @ENV{qw(LISTEN_FDS LISTEN_PID LISTEN_FDNAMES)} = (2, $$, $names);
                exec @ARGV
                """
            return try Programs.run(
                "timeout 10 perl -MSocket -MFcntl -MPOSIX -e '\(script)' '\(names)' '\(directory)/one' "
                    + "'\(directory)/two' '\(Programs.path("segmentd"))' --config '\(directory)/config' "
                    + "--socket '\(directory)/socket' --state '\(directory)/state'"
            )
        }

        @Test(arguments: [false, true], [("nonsense = 1\n", "varlink", 8), ("", "metrics", 1)])
        func `a failed start is delayed while a client waits, so that systemd does not give up`(
            isWaitedFor: Bool,
            start: (configuration: String, socketName: String, status: Int32)
        ) throws {
            let directory = try DaemonFixture.makeDirectory()
            defer { system("rm -rf '\(directory)'") }
            try DaemonFixture.write(start.configuration, to: "\(directory)/segmentd.toml")
            let script = """
                my ($waits, $name, $path) = splice @ARGV, 0, 3;
                socket(my $s, AF_UNIX, SOCK_STREAM, 0); bind($s, pack_sockaddr_un($path)); listen($s, 1);
                socket(my $c, AF_UNIX, SOCK_STREAM, 0); connect($c, pack_sockaddr_un($path)) if $waits;
                my $f = fcntl($s, F_DUPFD, 50); my $k = fcntl($c, F_DUPFD, 60);
                POSIX::dup2($f, 3); fcntl($c, F_SETFD, 0);
                @ENV{qw(LISTEN_FDS LISTEN_PID LISTEN_FDNAMES)} = (1, $$, $name);
                exec @ARGV
                """
            let result = try Programs.run(
                "timeout 1 perl -MSocket -MFcntl -MPOSIX -e '\(script)' \(isWaitedFor ? 1 : 0) "
                    + "\(start.socketName) '\(directory)/s' "
                    + "'\(Programs.path("segmentd"))' --config '\(directory)' "
                    + "--socket '\(directory)/socket' --state '\(directory)/state'"
            )
            let problem = start.status == 8 ? "nonsense" : "FileDescriptorName=varlink"
            #expect(result.output.contains(problem), "\(result.output)")
            #expect(result.status == (isWaitedFor ? 124 : start.status))
        }

        @Test func `a stopping daemon leaves a socket of others alone`() throws {
            try DaemonFixture.with(Self.whileUsed) { daemon in
                unlink(daemon.socket)
                let other = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
                defer { close(other) }
                let address = try #require(UnixAddress(daemon.socket))
                try #require(address.withPointer { bind(other, $0, $1) } == 0)
                #expect(daemon.stop() == 0)
                #expect(access(daemon.socket, F_OK) == 0)
            }
        }

        @Test func `a socket whose daemon is too busy to accept counts as served`() throws {
            let directory = try DaemonFixture.makeDirectory()
            defer { system("rm -rf '\(directory)'") }
            var descriptors = [Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)]
            defer { descriptors.forEach { close($0) } }
            let address = try #require(UnixAddress("\(directory)/socket"))
            try #require(address.withPointer { bind(descriptors[0], $0, $1) } == 0)
            try #require(listen(descriptors[0], 1) == 0)
            let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
            repeat {
                descriptors.append(Glibc.socket(AF_UNIX, type, 0))
            } while address.withPointer { connect(descriptors[descriptors.count - 1], $0, $1) } == 0
            let result = try Programs.run(
                "timeout 10 '\(Programs.path("segmentd"))' --config '\(directory)/config' "
                    + "--socket '\(directory)/socket' --state '\(directory)/state'"
            )
            #expect(result.status == 1, "\(result.output)")
            #expect(result.output.contains("another daemon serves"), "\(result.output)")
        }

        @Test func `a missing socket path is reported once, with the remedy`() throws {
            try DaemonFixture.with(Self.whileUsed, environment: DaemonFixture.oftenChecked) { daemon in
                let client = try daemon.client()
                let away = "\(daemon.directory)/away"
                rename(daemon.socket, away)
                daemon.notify.drain()
                let status = try daemon.notify.expect("STATUS=").first { $0.hasPrefix("STATUS=") }
                #expect(status?.contains("its socket \(daemon.socket) is gone") == true, "\(status ?? "")")
                let warning = try #require(
                    try client.daemonStatus().warnings.first { $0.kind.rawValue == "socket_gone" }
                )
                #expect(warning.message.contains(daemon.socket))
                #expect(warning.remedy == "restart segmentd")
                try daemon.expectSaidOnce("its socket \(daemon.socket) is gone")
                rename(away, daemon.socket)
                let recovered = try daemon.notify.expect("STATUS=").first { $0.hasPrefix("STATUS=") }
                #expect(recovered == "STATUS=Serving 1 segment, 0 leases")
                #expect(try client.daemonStatus().warnings.allSatisfy { $0.kind.rawValue != "socket_gone" })
            }
        }
    }
}
