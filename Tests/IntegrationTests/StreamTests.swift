import Glibc
import Segments
import SegmentExchange
import SegmentTestSupport
import Testing

extension RealDaemon {
    /// Streams between processes.
    @Suite(.serialized) struct StreamTests {
        private static let files = [
            "segments.d/a.toml": "size = \"1 MiB\"", "segments.d/small.toml": "size = 8191",
            "segments.d/readable.toml": "size = \"1 MiB\"\nmode = \"0664\"",
        ]

        /// Runs a shell script beside the daemon, with `segmentctl` and `stream-peer` in its path.
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

        @Test func `a file is transferred, whichever side starts first`() throws {
            try DaemonFixture.with(Self.files) { daemon in
                for (first, second) in [
                    ("send a file & sleep 0.1", "receive a copy"),
                    ("receive a copy & sleep 0.1", "send a file"),
                ] {
                    let result = try run(
                        """
                        head -c 20000000 /dev/urandom > file
                        segmentctl \(first); segmentctl \(second) && wait $! && cmp file copy
                        """,
                        daemon
                    )
                    #expect(result.output == "")
                    #expect(result.status == 0)
                }
            }
        }

        @Test(.disabled(if: Sanitizer.isPresent, "shorter files take the same way"))
        func `a 4 GiB file arrives with the same SHA-256 through a shell pipe`() throws {
            try DaemonFixture.with(Self.files) { daemon in
                // Holes take no space on disk, and every 64 MiB there is data that could end up in the wrong
                // place.
                let result = try run(
                    """
                    truncate -s 4G file
                    for place in $(seq 0 63); do
                        dd if=/dev/urandom of=file bs=1M count=1 seek=$((place * 64)) conv=notrunc status=none
                    done
                    segmentctl send a < file &
                    segmentctl receive a | openssl dgst -sha256 > copied
                    wait $! && openssl dgst -sha256 < file | cmp - copied
                    """,
                    daemon
                )
                #expect(result.output == "")
                #expect(result.status == 0)
            }
        }

        @Test func `messages cost no system call while neither side waits`() throws {
            try DaemonFixture.with(["segments.d/a.toml": "size = \"16 MiB\""]) { daemon in
                /// Counts the system calls of writer and reader while the other side is idle.
                func calls(messages: Int) throws -> [Int] {
                    let result = try run(
                        """
                        \(Sanitizer.strace) -f -c -o writes stream-peer write a \(messages) 64 &
                        stream-peer read a \(messages) 64 1000 && wait $! || exit 1
                        stream-peer write a \(messages) 64 &
                        \(Sanitizer.strace) -f -c -o reads stream-peer read a \(messages) 64 1000 && wait $! || exit 1
                        awk '$NF == "total" { print $4 }' writes reads
                        """,
                        daemon
                    )
                    #expect(result.status == 0)
                    return result.output.split(separator: "\n").compactMap { Int($0) }
                }
                let few = try calls(messages: 100)
                let many = try calls(messages: 100_000)
                try #require(few.count == 2 && many.count == 2)
                // The number of sleeps and wake-ups varies.
                #expect(many[0] - few[0] < 100)
                #expect(many[1] - few[1] < 100)
            }
        }

        @Test func `a side that is taken, a small segment and an unknown one are refused`() throws {
            try DaemonFixture.with(Self.files) { daemon in
                let result = try run(
                    """
                    segmentctl receive a > /dev/null &
                    until segmentctl status a | grep -q Leases; do sleep 0.1; done; sleep 0.2
                    segmentctl receive a; echo $?
                    segmentctl send small < /dev/null; echo $?
                    segmentctl send none < /dev/null; echo $?
                    segmentctl send a ./nowhere; echo $?
                    segmentctl receive a /nowhere/file; echo $?
                    segmentctl send a < /dev/null; wait $!; echo $?
                    """,
                    daemon
                )
                let lines = result.output.split(separator: "\n").map(String.init)
                #expect(lines.count == 11)
                #expect(lines[0].hasPrefix("segmentctl: segment a: process "))
                #expect(lines[0].hasSuffix(" has this side already"))
                #expect(
                    Array(lines.dropFirst()) == [
                        "6",
                        "segmentctl: segment small: the segment has 8191 bytes, and at least 8192 are needed",
                        "1",
                        "segmentctl: there is no segment none; `segmentctl list` shows all", "4",
                        "segmentctl: ./nowhere cannot be opened: No such file or directory", "1",
                        "segmentctl: /nowhere/file cannot be opened: No such file or directory", "1", "0",
                    ]
                )
            }
        }

        @Test func `a side that dies is an error for the other, also while it waits for the shell's pipe`()
            throws
        {
            try DaemonFixture.with(Self.files) { daemon in
                let result = try run(
                    """
                    # Each side has a thread more once it is bound.
                    bound() {
                        for process in $sender $receiver; do
                            for try in $(seq 500); do
                                [ "$(ls /proc/$process/task | wc -l)" = \(2 + Sanitizer.threads) ] && break || sleep 0.01
                            done
                        done
                        sleep 0.1
                    }
                    mkfifo silent; exec 9<> silent
                    segmentctl send a <&9 & sender=$!
                    segmentctl receive a & receiver=$!
                    bound; kill -9 $receiver; wait $sender; echo $?
                    echo kept > copy
                    segmentctl receive a copy & receiver=$!
                    echo begun >&9
                    segmentctl send a <&9 & sender=$!
                    bound; kill -9 $sender; wait $receiver; echo $?; cat copy
                    """,
                    daemon
                )
                let lines = result.output.split(separator: "\n").filter { !$0.contains("Killed") }
                #expect(lines.count == 5)
                #expect(lines.filter { $0.hasSuffix("ended in the middle of the stream") }.count == 2)
                #expect(lines.filter { $0 == "1" }.count == 2)
                #expect(lines.last == "begun")
            }
        }

        @Test
        func
            `a stream that is closed, a file that is both, a directory: errors, and nothing else is touched`()
            throws
        {
            try DaemonFixture.with(Self.files) { daemon in
                let result = try run(
                    """
                    head -c 8000000 /dev/urandom > file
                    segmentctl send a < file & segmentctl receive a >&-; echo $?; wait $!; echo $?
                    segmentctl receive a > /dev/null & segmentctl send a <&-; echo $?; wait $!; echo $?
                    segmentctl receive a file & segmentctl send a file; echo $?; wait $!; echo $?; wc -c < file
                    segmentctl receive a 2> /dev/null | (head -c 1; truncate -s 0 file; cat) > /dev/null &
                    segmentctl send a file; echo $?; wait
                    segmentctl send a /tmp; echo $?
                    segmentctl receive none new; echo $?; ls new
                    """,
                    daemon
                )
                let lines = result.output.split(separator: "\n")
                #expect(lines.count { $0 == "1" } == 8)
                #expect(lines.contains("8000000"))
                #expect(lines.contains { $0.contains("file is the file being sent: process ") })
                #expect(lines.count { $0 == "4" } == 1)
                #expect(lines.contains { $0.contains("/tmp is a directory") })
                #expect(lines.contains { $0.contains(", but had 8000000 bytes before") })
                #expect(lines.contains { $0.contains("cannot access 'new'") })
            }
        }

        @Test func `processes of other PID and time namespaces are refused at the start`() throws {
            try DaemonFixture.with(Self.files) { daemon in
                for namespace in ["--pid --fork --mount-proc", "--pid --fork", "--time --boottime 100000"] {
                    // Either side may refuse first; the other may keep waiting, as a process 1 that no
                    // SIGTERM ends.
                    let result = try run(
                        """
                        timeout 3 segmentctl send a < /dev/null & sender=$!
                        sleep 0.5
                        timeout -s KILL 2 unshare --kill-child \(namespace) segmentctl receive a; echo $?
                        wait $sender; echo $?
                        """,
                        daemon
                    )
                    let lines = result.output.split(separator: "\n")
                    let comment: Comment = "\(namespace): \(result.output)"
                    #expect(lines.contains { $0.contains("cannot be watched from here") }, comment)
                    #expect(lines.count { ["1", "124", "137"].contains($0) } == 2, comment)
                }
            }
        }

        @Test func `a read-only client cannot be a side of a stream`() throws {
            try DaemonFixture.with(Self.files) { daemon in
                #expect(throws: ExchangeError.readOnly) {
                    _ = try SegmentStreamReader.open(
                        try daemon.client().attach("readable", access: .readOnly)
                    )
                }
            }
        }

        @Test func `the newest value reaches read-only readers`() throws {
            try DaemonFixture.with(Self.files) { daemon in
                let client = try daemon.client()
                var reader = try LatestValue<Int>.Subscriber(try client.attach("readable", access: .readOnly))
                #expect(try reader.value() == nil)
                var writer = try LatestValue<Int>.Publisher(try client.attach("readable"))
                try writer.publish(5)
                #expect(try reader.next(timeout: .seconds(5)) == 5)
                #expect(throws: ExchangeError.readOnly) {
                    _ = try LatestValue<Int>.Publisher(try client.attach("readable", access: .readOnly))
                }
            }
        }
    }
}
