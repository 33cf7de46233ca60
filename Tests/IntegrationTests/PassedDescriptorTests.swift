import Glibc
import Segments
import SegmentModel
import SegmentTestSupport
import Testing

/// SO_PASSRIGHTS, since Linux 6.16.
private let kernelRefusesDescriptors =
    (try? Programs.run("python3 -c 'import socket; socket.socketpair()[0].getsockopt(1, 83)'").status) == 0

extension RealDaemon {
    /// Descriptors passed to the daemon: closing the last copy of one may block for as long as its sender
    /// likes.
    @Suite(.serialized, .enabled(if: kernelRefusesDescriptors)) struct PassedDescriptorTests {
        /// Passes, with a call, a TCP socket that lingers for a minute over unread data.
        private static let pass = """
            import array, ctypes, os, signal, socket, struct, sys
            def trap():
                listening = socket.socket(); listening.bind(("127.0.0.1", 0)); listening.listen(1)
                sender = socket.socket(); sender.connect(listening.getsockname())
                peer = listening.accept()[0]; sender.setblocking(False)
                try:
                    while True: sender.send(b"x" * 65536)
                except BlockingIOError: pass
                sender.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 60))
                return sender, (listening, peer)
            def send(path, text, before=b"", flags=0):
                sender, others = trap()
                broker = socket.socket(socket.AF_UNIX); broker.connect(path)
                if before: broker.send(before)
                rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [sender.fileno()]))
                broker.sendmsg([text], [rights], flags)
                return broker, others
            ping = b'{"method":"io.systemd.service.Ping"}\\0'
            """

        @Test(.resilience("a user passes a descriptor that takes a minute to close"))
        func `the kernel refuses a descriptor to a connection`() throws {
            try DaemonFixture.with { daemon in
                try DaemonFixture.write(
                    """
                    \(Self.pass)
                    try: send(sys.argv[1], ping)
                    except PermissionError:
                        # Its own end does not linger.
                        print("refused", flush=True); os._exit(0)
                    """,
                    to: "\(daemon.directory)/pass.py"
                )
                let sent = try Programs.run(
                    "timeout 20 python3 '\(daemon.directory)/pass.py' '\(daemon.socket)'"
                )
                #expect(sent.output == "refused\n")
                #expect(try daemon.client().daemonStatus().segmentCount == 1)
            }
        }

        @Test(
            .resilience("a user passes a descriptor that takes a minute to close"),
            arguments: [
                // A call that would be answered, and one whose rest is dropped with the connection.
                "ping", "b'junk\\0'",
                // Peeking skips out-of-band data, and stops before it.
                "b'x', flags=socket.MSG_OOB", "b'x', before=b'{', flags=socket.MSG_OOB",
            ]
        )
        func `a descriptor passed before the start is never dropped`(sent: String) throws {
            let scripts = try DaemonFixture.makeDirectory()
            defer { system("rm -rf '\(scripts)'") }
            let start = """
                \(Self.pass)
                path = sys.argv[sys.argv.index("--socket") + 1]
                listening = socket.socket(socket.AF_UNIX); listening.bind(path); listening.listen(4)
                client = send(path, \(sent))
                if os.fork() == 0:
                    listening.close(); os.dup2(os.open("/dev/null", os.O_RDWR), 2)
                    ctypes.CDLL(None).prctl(1, 9); signal.pause()
                for kept in client[0], *client[1]: kept.close()
                os.dup2(os.dup2(listening.fileno(), 50), 3); os.close(50)
                os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid()), "LISTEN_FDNAMES": "varlink"}
                os.execv(sys.argv[1], sys.argv[1:])
                """
            try DaemonFixture.write(start, to: "\(scripts)/start.py")
            try DaemonFixture.with(prefix: ["/usr/bin/env", "python3", "\(scripts)/start.py"]) { daemon in
                let status = try daemon.client().daemonStatus()
                #expect(status.segmentCount == 1)
            }
        }
    }
}
