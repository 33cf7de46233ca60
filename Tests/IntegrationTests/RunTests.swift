import Glibc
import Segments
import SegmentTestSupport
import Testing

extension RealDaemon {
    /// `segmentctl run` and its command.
    @Suite(.serialized, .resilience("a signal, a restart or a missing descriptor beside `segmentctl run`"))
    struct RunTests {
        private func run(_ script: String, _ daemon: DaemonFixture) throws -> (status: Int32, output: String)
        {
            try Programs.run(
                """
                export SEGMENTD_SOCKET='\(daemon.socket)' PATH='\(Programs.directory)':"$PATH"
                cd '\(daemon.directory)'
                \(script)
                """
            )
        }

        @Test(arguments: ["ENOSYS", "EPERM", "EMFILE"])
        func `it ends with its command even without process descriptors`(error: String) throws {
            try DaemonFixture.with { daemon in
                let result = try run(
                    "\(Sanitizer.strace) -f -o trace -e inject=pidfd_open:error=\(error) timeout -s KILL 5 segmentctl run a -- sh -c 'exit 7'",
                    daemon
                )
                #expect(result.status == 7)
            }
        }

        @Test func `a signal before the handlers are installed reaches the command`() throws {
            try DaemonFixture.with { daemon in
                // Each sigaction(2) of segmentctl takes 50 ms, so the command sends its signal long before
                // the last one.
                let result = try run(
                    """
                    \(Sanitizer.strace) -o trace -e trace=rt_sigaction -e inject=rt_sigaction:delay_enter=50000 \
                        segmentctl run a -- sh -c 'echo $$ > process; kill -TERM $PPID; exec sleep 5'
                    echo $?; kill -0 $(cat process) 2> /dev/null && echo orphaned && kill $(cat process)
                    """,
                    daemon
                )
                #expect(result.output == "143\n")
            }
        }

        @Test func `no signal orphans the command, whenever it arrives`() throws {
            try DaemonFixture.with { daemon in
                let result = try run(
                    """
                    for round in $(seq 1 200); do
                        rm -f begun; mkfifo begun
                        segmentctl run a -- sh -c 'echo $$ > begun; exec sleep 60 > /dev/null 2>&1' &
                        read process < begun
                        perl -e 'select undef, undef, undef, rand 0.005'
                        kill -TERM $!; wait $!; [ $? = 143 ] || echo "round $round"
                        ! kill $process 2> /dev/null || echo "round $round: orphaned"
                    done
                    """,
                    daemon
                )
                #expect(result.output == "")
            }
        }

        @Test func `a parent that ignores SIGCHLD still gets the exit status`() throws {
            try DaemonFixture.with { daemon in
                let result = try run(
                    """
                    perl -e '$SIG{CHLD} = "IGNORE"; exec @ARGV' timeout 10 segmentctl run a -- sh -c 'sleep 0.1; exit 7'
                    echo $?
                    segmentctl run a -- sh -c 'grep SigBlk /proc/self/status'
                    """,
                    daemon
                )
                #expect(result.output == "7\nSigBlk:\t0000000000000000\n")
            }
        }

        /// Returns the output and exit status of `run` if its segment is replaced while the daemon is away.
        private func overReplacement(
            _ options: String,
            _ daemon: DaemonFixture,
            after: (pid_t) throws -> Void
        ) throws -> (status: Int32, errors: String) {
            let runner = try ChildProcess(
                ["sh", "-c", "exec '\(Programs.path("segmentctl"))' run \(options) a -- sleep 20"],
                environment: ["SEGMENTD_SOCKET": daemon.socket],
                errors: "\(daemon.directory)/errors"
            )
            let client = try daemon.client()
            try client.awaitLeases(1)
            let identifier = try #require(try client.segment(named: "a").identifier)
            daemon.kill()
            system("ipcrm -m \(identifier)")
            try daemon.start()
            try after(runner.identifier)
            return (runner.wait(), try Programs.run("cat '\(daemon.directory)/errors'").output)
        }

        @Test func `a segment created again across a restart is reported`() throws {
            try DaemonFixture.with { daemon in
                let result = try overReplacement("", daemon) { process in
                    let deadline = ContinuousClock.now + .seconds(10)
                    while try Programs.run("cat '\(daemon.directory)/errors'").output.isEmpty,
                        ContinuousClock.now < deadline
                    { usleep(20_000) }
                    Glibc.kill(process, SIGTERM)
                }
                #expect(result.status == 128 + SIGTERM)
                #expect(result.errors.contains("segment a has been replaced"))
                #expect(result.errors.split(separator: "\n").count == 1)
            }
        }

        @Test func `with --exit-if-replaced the command is ended`() throws {
            try DaemonFixture.with { daemon in
                let result = try overReplacement("--exit-if-replaced", daemon) { _ in }
                #expect(result.status == 1)
                #expect(result.errors.contains("segment a has been replaced"))
            }
        }

        static let removals = [
            "segmentctl remove a --when=now",
            "segmentctl remove a --when=now; segmentctl write a < /dev/null",
            "ipcrm -m $(segmentctl id a)",
        ]

        @Test(arguments: removals)
        func `with --exit-if-replaced the command is ended while the daemon runs`(removal: String) throws {
            try DaemonFixture.with { daemon in
                let result = try run(
                    """
                    segmentctl run --exit-if-replaced a -- sh -c ': > begun; exec sleep 20' &
                    until [ -e begun ]; do sleep 0.02; done
                    \(removal)
                    wait $!
                    """,
                    daemon
                )
                #expect(result.status == 1)
                #expect(result.output.hasPrefix("segmentctl: segment a has been replaced or removed"))
                #expect(result.output.split(separator: "\n").count == 1)
            }
        }

        @Test func `a segment removed while the daemon runs is reported once, and the command continues`()
            throws
        {
            try DaemonFixture.with { daemon in
                let result = try run(
                    """
                    segmentctl run a -- sh -c ': > begun
                        for part in $(seq 1 500); do [ -s errors ] && break; sleep 0.02; done
                        sleep 1.2; exit 7' 2> errors &
                    until [ -e begun ]; do sleep 0.02; done
                    segmentctl remove a --when=now
                    wait $!; echo $?; cat errors
                    """,
                    daemon
                )
                #expect(result.output.hasPrefix("7\nsegmentctl: segment a has been replaced or removed"))
                #expect(result.output.split(separator: "\n").count == 2)
            }
        }

        @Test func `a command that ends slowly is signalled once`() throws {
            try DaemonFixture.with { daemon in
                let result = try run(
                    """
                    segmentctl run --exit-if-replaced a -- sh -c 'trap "echo TERM" TERM; : > begun
                        for part in $(seq 1 150); do sleep 0.02; done' 2> errors &
                    until [ -e begun ]; do sleep 0.02; done
                    segmentctl remove a --when=now
                    wait $!; echo $?
                    """,
                    daemon
                )
                #expect(result.output == "TERM\n1\n")
            }
        }
    }
}
