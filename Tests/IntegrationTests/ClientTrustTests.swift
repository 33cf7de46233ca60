import Glibc
import Segments
import SegmentTestSupport
import Testing

extension RealDaemon {
    /// Which brokers a client trusts, including from inside user namespaces.
    @Suite(
        .serialized,
        .enabled(if: Programs.canSwitchUser),
        .resilience("a client in a user namespace, a socket where others may write")
    )
    struct ClientTrustTests {
        private static let open = ["segments.d/a.toml": "size = 4096\nmode = \"0666\""]

        /// Runs segmentctl as user 64011 of a user namespace that maps nobody else.
        private func run(
            _ daemon: DaemonFixture,
            _ arguments: String,
            _ variables: String = ""
        ) throws
            -> (status: Int32, output: String)
        {
            try Programs.run(
                "cp '\(Programs.path("segmentctl"))' '\(daemon.directory)/'; cd /; env \(variables) "
                    + "setpriv --reuid=64011 --regid=64011 --clear-groups -- unshare --user -- "
                    + "'\(daemon.directory)/segmentctl' \(arguments)"
            )
        }

        @Test func `an unmapped user does not trust another unmapped one`() throws {
            try DaemonFixture.with(Self.open) { daemon in
                let result = try run(daemon, "--socket '\(daemon.socket)' list")
                #expect(result.status == 7)
                #expect(result.output.contains("65534"))
                #expect(result.output.contains("--trust 65534"))
            }
        }

        @Test
        func `the overflow user is trusted only on purpose, at an explicit socket`()
            throws
        {
            try DaemonFixture.with(Self.open) { daemon in
                let socket = "--socket '\(daemon.socket)'"
                #expect(try run(daemon, "\(socket) --trust 65534 key a").status == 0)
                #expect(try run(daemon, "\(socket) key a", "SEGMENTD_TRUSTED_UID=65534").status == 0)
                let named = "SEGMENTD_TRUSTED_UID=65534 SEGMENTD_SOCKET='\(daemon.socket)'"
                #expect(try run(daemon, "key a", named).status == 0)
                for other in ["0", "64011", "4294967295", "x"] {
                    let variables = "SEGMENTD_TRUSTED_UID=\(other)"
                    #expect(try run(daemon, "\(socket) key a", variables).status == 7)
                }
                // It trusts none of the sockets that it finds by itself.
                system("mkdir '\(daemon.directory)/segmentd'")
                system("ln '\(daemon.socket)' '\(daemon.directory)/segmentd/io.segmentd.Broker'")
                let usual = "SEGMENTD_TRUSTED_UID=65534 XDG_RUNTIME_DIR='\(daemon.directory)'"
                let found = try run(daemon, "key a", usual)
                #expect(found.status == 7)
                #expect(found.output.contains("although user 65534 is trusted"))
            }
        }

        @Test func `paths that others may write are not trusted`() throws {
            try DaemonFixture.with(Self.open) { daemon in
                let trusted = "--trust 65534 key a --socket"
                system("chmod 0777 '\(daemon.directory)'")
                let open = try run(daemon, "\(trusted) '\(daemon.socket)'")
                #expect(open.status == 7)
                #expect(open.output.contains("\(daemon.directory) may be written by others"))
                system("chmod 0755 '\(daemon.directory)'; mkdir '\(daemon.directory)/links'")
                system("ln -s '\(daemon.socket)' '\(daemon.directory)/links/socket'")
                let link = try run(daemon, "\(trusted) '\(daemon.directory)/links/socket'")
                #expect(link.status == 7)
                #expect(link.output.contains("is no socket"))
                system("ln -s '\(daemon.directory)' '\(daemon.directory)/links/directory'")
                let linked = try run(daemon, "\(trusted) '\(daemon.directory)/links/directory/socket'")
                #expect(linked.status == 7)
                #expect(linked.output.contains("is a symbolic link"))
                #expect(try run(daemon, "\(trusted) '\(daemon.socket)'").status == 0)
            }
        }

        @Test func `another user's broker is trusted by clients that trust that user`() throws {
            try DaemonFixture.with(Self.open) { daemon in
                system("cp '\(Programs.path("segmentctl"))' '\(daemon.directory)/'")
                let listener = try Programs.run(
                    "chmod 0777 '\(daemon.directory)'; cd '\(daemon.directory)'; setpriv --reuid=64012 --regid=64012 "
                        + "--clear-groups -- perl -MIO::Socket::UNIX -e 'my $s = IO::Socket::UNIX->new("
                        + "Type => SOCK_STREAM, Local => q(other), Listen => 1); my $c = $s->accept; sleep 1' & sleep 0.3; "
                        + "chmod 0666 other; ./segmentctl --socket other --trust 64012 list"
                )
                // Trusted, and then silent or disconnected.
                #expect(listener.status == 7)
                #expect(!listener.output.contains("not accepted"), "\(listener.output)")
            }
        }
    }
}
