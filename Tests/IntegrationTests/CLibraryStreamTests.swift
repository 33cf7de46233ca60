import Glibc
import SegmentTestSupport
import Testing

extension RealDaemon {
    /// Streams with libsegmentd, between C programs and between C and Swift.
    @Suite(
        .serialized,
        .enabled(if: CLibrary.isInstalled, "make test installs the C library"),
        .disabled(if: Sanitizer.isPresent, "the installed C library is not instrumented")
    )
    struct CLibraryStreamTests {
        private func withPrograms(options: String = "", _ body: (DaemonFixture) throws -> Void) throws {
            try DaemonFixture.with(["segments.d/a.toml": "size = 100000"]) { daemon in
                try CLibrary.buildExamples("send.c", "receive.c", options: options, in: daemon)
                system("head -c 8000000 /dev/urandom > '\(daemon.directory)/file'")
                try body(daemon)
            }
        }

        /// Runs both programs at the same time; the copy must have the file's checksum, and both must
        /// succeed.
        private func expectCopy(_ daemon: DaemonFixture, _ sender: String, _ receiver: String) throws {
            let result = try Programs.run(
                """
                cd '\(daemon.directory)'; export SEGMENTD_SOCKET='\(daemon.socket)'
                timeout 60 \(sender) < file & timeout 60 \(receiver) > copy
                echo $?; wait $!; echo $?; [ "$(sha256sum < file)" = "$(sha256sum < copy)" ] && echo equal
                """
            )
            #expect(result.output == "0\n0\nequal\n")
        }

        @Test func `a file is transferred from C to C`() throws {
            try withPrograms { daemon in
                try expectCopy(daemon, daemon.command("send a"), daemon.command("receive a"))
            }
        }

        @Test func `a file is transferred from C to Swift and back`() throws {
            try withPrograms { daemon in
                let segmentctl = "'\(Programs.path("segmentctl"))' -q"
                try expectCopy(daemon, daemon.command("send a"), "\(segmentctl) receive a")
                try expectCopy(daemon, "\(segmentctl) send a", daemon.command("receive a"))
            }
        }

        @Test func `a killed sender is reported by its receiver, and a killed receiver by its sender`() throws
        {
            try withPrograms { daemon in
                let result = try Programs.run(
                    """
                    cd '\(daemon.directory)'; export SEGMENTD_SOCKET='\(daemon.socket)'; mkfifo open
                    { head -c 50000 file; sleep 20; } > open & end=$!
                    \(daemon.command("send a")) < open 2>/dev/null & victim=$!
                    { sleep 1; kill -9 $victim; } & timeout 20 \(daemon.command("receive a")) > copy
                    echo $?; kill $end
                    \(daemon.command("receive a")) > /dev/null & victim=$!
                    { sleep 1; kill -9 $victim; } &
                    timeout 20 \(daemon.command("send a")) < /dev/zero
                    echo $?
                    """
                )
                let lines = result.output.split(separator: "\n").filter { !$0.contains("Killed") }
                try #require(lines.count == 4, "\(result.output)")
                #expect(
                    lines[0].hasPrefix("receive: process ")
                        && lines[0].hasSuffix("ended in the middle of the stream")
                )
                #expect(lines[1] == "1")
                #expect(
                    lines[2].hasPrefix("send: process ")
                        && lines[2].hasSuffix("ended in the middle of the stream")
                )
                #expect(lines[3] == "1")
            }
        }

        @Test(
            .enabled(
                if: Programs.works(
                    "echo 'int main(void) { return 0; }' | cc -x c -fsanitize=address -o /dev/null -"
                )
            )
        )
        func `nothing is leaked by a stream`() throws {
            try withPrograms(options: "-fsanitize=address") { daemon in
                try expectCopy(daemon, daemon.command("send a"), daemon.command("receive a"))
            }
        }

        @Test(.enabled(if: Programs.works("valgrind --version")))
        func `no attachment loses memory`() throws {
            try DaemonFixture.with { daemon in
                try CLibrary.buildExamples("put.c", "get.c", in: daemon)
                // Memory of Swift's runtime is still reachable, or by interior pointers: "possibly lost".
                let valgrind =
                    "valgrind -q --leak-check=full --errors-for-leak-kinds=definite,indirect "
                    + "--show-leak-kinds=definite,indirect --error-exitcode=99"
                #expect(try daemon.run("put a text", through: valgrind).status == 0)
                #expect(try daemon.run("get a", through: valgrind) == (0, "text\n"))
                #expect(try daemon.run("get b", through: valgrind).status == 1)
            }
        }
    }
}
