import Glibc
import Segments
import SegmentModel
import SegmentTestSupport
import SystemVSharedMemory
import Testing

extension RealDaemon {
    /// Programs that do not use this library, and some that do not use the broker.
    @Suite(.serialized) struct OtherProgramsTests {
        private static let text = "written by a Swift client"

        /// Writes with the library and reads with `command`, which finds the key in `$KEY`.
        private func expectRead(by command: String) throws {
            try DaemonFixture.with { daemon in
                try daemon.client().withSegment("a", access: .readWrite) { segment in
                    segment.withMutableBytes { memory in
                        for (index, byte) in Self.text.utf8.enumerated() {
                            memory.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
                        }
                    }
                }
                let key = try daemon.segmentctl("key a")
                #expect(key.status == 0)
                let result = try Programs.run("KEY=\(key.output.dropLast()) \(command)")
                #expect(result.output == Self.text)
            }
        }

        @Test(.enabled(if: Programs.works("python3 -c 'import sysv_ipc'")))
        func `Python's sysv_ipc reads a segment by its key`() throws {
            try expectRead(
                by: """
                    python3 -c '
                    import os, sysv_ipc
                    memory = sysv_ipc.SharedMemory(int(os.environ["KEY"], 16))
                    print(memory.read(\(Self.text.count)).decode(), end="")
                    memory.detach()'
                    """
            )
        }

        @Test(.enabled(if: Programs.works("perl -e 1"))) func `Perl's shmread reads a segment by its key`()
            throws
        {
            try expectRead(
                by: """
                    perl -e '
                    my $id = shmget(hex $ENV{KEY}, 0, 0) // die $!;
                    shmread($id, my $text, 0, \(Self.text.count)) or die $!;
                    print $text'
                    """
            )
        }

        @Test(.enabled(if: Programs.works("php -r 'exit(function_exists(\"shmop_open\") ? 0 : 1);'")))
        func `PHP's shmop reads a segment by its key`() throws {
            try expectRead(
                by: """
                    php -r '
                    $memory = shmop_open(hexdec(getenv("KEY")), "a", 0, 0);
                    echo shmop_read($memory, 0, \(Self.text.count));'
                    """
            )
        }

        @Test(.enabled(if: Programs.works("python3 -c 'import varlink'")))
        func `Python's varlink drives the broker, errors included`() throws {
            try DaemonFixture.with { daemon in
                let result = try Programs.run(
                    """
                    python3 - '\(daemon.socket)' <<'END'
                    import sys, varlink
                    address = "unix:" + sys.argv[1]
                    broker = varlink.Client(address).open("io.segmentd.Broker")
                    grant = broker.Acquire("a")
                    print(grant["name"], grant["access"], grant["sizeBytes"])
                    print([reply["segment"]["name"] for reply in broker.List(_more=True)])
                    print(len(broker.Describe("a")["segment"]["leases"]))
                    for call in [lambda: broker.Acquire("b"), lambda: broker.Release("99"), lambda: broker.Acquire("a", "all")]:
                        try:
                            call()
                        except varlink.VarlinkError as error:
                            print(error.as_dict())
                    events = varlink.Client(address).open("io.segmentd.Broker").Subscribe(_more=True)
                    print(next(events)["event"], next(events)["event"])
                    print(broker.Release(grant["lease"]), next(events)["event"])
                    print(broker.Remove("a"), next(events)["event"])
                    print(broker.Reload())
                    print(broker.GetStatus()["segments"])
                    END
                    """
                )
                #expect(
                    result.output == """
                        a read_write 4096
                        ['a']
                        1
                        {'error': 'io.segmentd.Broker.NoSuchSegment', 'parameters': {'name': 'b'}}
                        {'error': 'io.segmentd.Broker.NoSuchLease', 'parameters': {'lease': '99'}}
                        {'error': 'org.varlink.service.InvalidParameter', 'parameters': {'parameter': 'access'}}
                        current listed
                        {} released
                        {} removed
                        {'created': ['a'], 'changed': [], 'removing': [], 'blocked': []}
                        1

                        """
                )
            }
        }

        /// Provides the daemon's files, two C++ programs, and a link by which they find the key.
        private func withFtokPair(_ body: (DaemonFixture, String) throws -> Void) throws {
            // A user namespace that maps only root has no other groups.
            let group = Programs.canSwitchUser ? "group = \"users\"" : ""
            try DaemonFixture.with(["segments.d/shmfile.toml": "size = 1024\nmode = \"0660\"\n\(group)"]) {
                daemon in
                for program in ["ftok-writer", "ftok-reader"] {
                    let source = "\(CLibrary.sources)/Sources/Examples/Ftok/\(program).cpp"
                    let built = try Programs.run("c++ -o '\(daemon.directory)/\(program)' '\(source)'")
                    try #require(built == (0, ""))
                }
                symlink("config/segments.d/shmfile.toml", "\(daemon.directory)/shmfile")
                try body(daemon, "cd '\(daemon.directory)' && echo 'Hello, 1990' | ")
            }
        }

        @Test(.enabled(if: Programs.canSwitchUser))
        func `programs that call ftok themselves exchange their bytes, and cannot remove the segment`() throws
        {
            try withFtokPair { daemon, prefix in
                let before = try #require(try daemon.client().segment(named: "shmfile").identifier)
                let member = "setpriv --reuid=64002 --regid=users --clear-groups --"
                let writer = try Programs.run("\(prefix) \(member) ./ftok-writer")
                #expect(writer.output == "Write: written: Hello, 1990\n")
                let reader = try Programs.run("cd '\(daemon.directory)' && \(member) ./ftok-reader")
                #expect(reader.status == 0)
                #expect(reader.output.contains("read: Hello, 1990\n"))
                #expect(reader.output.contains("IPC_RMID: Operation not permitted\n"))
                let after = try daemon.client().segment(named: "shmfile")
                #expect(after.identifier == before)
                #expect(after.state == .ready)
            }
        }

        @Test(.enabled(if: Programs.canSwitchUser)) func `the kernel refuses users outside the group`()
            throws
        {
            try withFtokPair { _, prefix in
                let result = try Programs.run(
                    "\(prefix) setpriv --reuid=64002 --regid=64002 --clear-groups -- ./ftok-writer"
                )
                #expect(result.status == 1)
                #expect(result.output == "shmget: Permission denied\n")
            }
        }

        @Test func `with the broker's rights the removal succeeds, is noticed and repaired`() throws {
            try withFtokPair { daemon, prefix in
                let before = try daemon.client().segment(named: "shmfile")
                #expect(try Programs.run("\(prefix) ./ftok-writer").status == 0)
                let reader = try Programs.run("cd '\(daemon.directory)' && ./ftok-reader")
                #expect(reader.output == "read: Hello, 1990\nremoved\n")
                let after = try daemon.client().segment(named: "shmfile")
                #expect(after.state == .ready)
                #expect(after.key == before.key)
                #expect(after.identifier != before.identifier)
            }
        }

        @Test func `the Swift pair transfers a file`() throws {
            try DaemonFixture.with(["segments.d/a.toml": "size = \"1 MiB\""]) { daemon in
                system("head -c 500000 /dev/urandom > '\(daemon.directory)/file'")
                let run = "SEGMENTD_SOCKET='\(daemon.socket)'"
                let writer = try Programs.run(
                    "\(run) '\(Programs.path("segment-writer"))' a '\(daemon.directory)/file'"
                )
                #expect(writer.output == "wrote 500000 bytes into a\n")
                let reader = try Programs.run(
                    "\(run) '\(Programs.path("segment-reader"))' a > '\(daemon.directory)/copy' "
                        + "&& cmp '\(daemon.directory)/file' '\(daemon.directory)/copy'"
                )
                #expect(reader.status == 0)
            }
        }

        @Test func `the Swift writer fills a segment to its end, not beyond`() throws {
            try DaemonFixture.with(["segments.d/a.toml": "size = 4096"]) { daemon in
                let command =
                    "SEGMENTD_SOCKET='\(daemon.socket)' '\(Programs.path("segment-writer"))' a '\(daemon.directory)/file'"
                system("head -c 4088 /dev/zero > '\(daemon.directory)/file'")
                let full = try Programs.run(command)
                #expect(full == (0, "wrote 4088 bytes into a\n"))
                system("echo >> '\(daemon.directory)/file'")
                let more = try Programs.run(command)
                #expect(more.status != 0)
                // The new content must not keep the length of the old one.
                let segment = try daemon.client().attach("a", access: .readOnly)
                #expect(segment.atomic(UInt64.self, at: 0).load(ordering: .acquiring) == 0)
            }
        }
    }
}
