import Glibc
import SegmentTestSupport
import Testing

extension RealDaemon {
    /// Non-blocking standard streams, as some programs leave them.
    @Suite(.serialized, .resilience("standard streams that do not wait"))
    struct CommandLineStreamTests {
        private static let files = Dictionary(
            uniqueKeysWithValues: (0..<400).map {
                ("segments.d/s\($0).toml", "size = 1\nkeep = \"while-used\"")
            }
                + ["a", "b"].map { ("segments.d/\($0).toml", "size = \"1 MiB\"") }
        )

        /// Runs a script beside the daemon; `nonblocking N COMMAND` makes stream N non-blocking.
        private func run(_ script: String, _ daemon: DaemonFixture) throws -> (status: Int32, output: String)
        {
            try Programs.run(
                """
                export SEGMENTD_SOCKET='\(daemon.socket)' PATH='\(Programs.directory)':"$PATH"
                cd '\(daemon.directory)'
                nonblocking() {
                    perl -e 'use Fcntl; open my $f, "+<&=", shift or die $!; fcntl $f, F_SETFL, O_NONBLOCK or die $!;
                        exec @ARGV' "$@"
                }
                head -c 1048576 /dev/urandom > file
                \(script)
                """
            )
        }

        @Test func `a non-blocking stream is waited for`() throws {
            try DaemonFixture.with(Self.files) { daemon in
                let result = try run(
                    """
                    (sleep 0.2; head -c 1000 file; sleep 0.2; tail -c +1001 file) | nonblocking 0 segmentctl write a || echo $?
                    segmentctl read a | cmp - file
                    nonblocking 1 segmentctl read a | (sleep 0.2; cat) | cmp - file
                    segmentctl receive b > copy &
                    (sleep 0.2; cat file) | nonblocking 0 segmentctl send b; wait $!; cmp copy file
                    segmentctl send b file & nonblocking 1 segmentctl receive b | (sleep 0.2; cat) | cmp - file; wait $!
                    for verb in 'list --json=pretty' 'list'; do
                        nonblocking 1 segmentctl $verb | (sleep 0.2; cat) > slowly
                        segmentctl $verb > quickly; cmp slowly quickly
                    done
                    """,
                    daemon
                )
                #expect(result.output == "")
                #expect(result.status == 0)
            }
        }

        @Test(arguments: ["receive a file", "receive a < /dev/null >> file", "receive a link"])
        func `a file is not received into itself`(receive: String) throws {
            try DaemonFixture.with(["segments.d/a.toml": "size = \"1 MiB\""]) { daemon in
                let result = try run(
                    """
                    cp file copy; ln file link
                    segmentctl \(receive) 2> refused & segmentctl send a file 2> /dev/null; echo $?
                    wait $!; echo $?; cat refused; cmp file copy
                    segmentctl send a file & segmentctl receive a received; cmp file received
                    # To append what is sent to what is only written.
                    segmentctl -q send a < copy 2>> added & segmentctl receive a >> added; wait $!; cmp added file
                    """,
                    daemon
                )
                let name =
                    receive.hasSuffix("link") ? "link" : receive.contains(">>") ? "standard output" : "file"
                let lines = result.output.split(separator: "\n")
                #expect(lines.prefix(2) == ["1", "1"])
                #expect(
                    lines.dropFirst(2).map { $0.prefix { !$0.isNumber } } == [
                        "segmentctl: \(name) is the file being sent: process "
                    ]
                )
            }
        }
    }
}
