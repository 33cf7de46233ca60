import Glibc
import SegmentTestSupport
import Testing

extension RealDaemon {
    /// The pager for long output on a terminal.
    @Suite(.serialized) struct PagerTests {
        /// Returns the arguments that a logging pager was called with, and what a terminal shows.
        private func paged(
            _ daemon: DaemonFixture,
            _ arguments: String = "list",
            _ variables: String = "",
            pager: String = "cat"
        ) throws -> (calls: String, status: Int32, screen: String) {
            let bin = "\(daemon.directory)/bin"
            let result = try Programs.run(
                """
                mkdir -p '\(bin)/my bin'; cd '\(daemon.directory)'; rm -f calls; touch calls
                cat > '\(bin)/less' <<'END'
                #!/bin/sh
                echo "$(basename "$0") secure=${LESSSECURE-no} allowed=${LESSSECURE_ALLOW-no} [$LESS] $*" >> calls
                \(pager)
                END
                chmod +x '\(bin)/less'; cp '\(bin)/less' '\(bin)/other'; cp '\(bin)/less' '\(bin)/my bin/pager'
                unset SEGMENTCTL_PAGER PAGER SEGMENTCTL_PAGERSECURE LESS LESSSECURE
                export SEGMENTD_SOCKET='\(daemon.socket)' TERM=xterm PATH='\(bin)':"$PATH" \(variables)
                timeout 20 script -qec "'\(Programs.path("segmentctl"))' \(arguments)" /dev/null < /dev/null
                """
            )
            let calls = try Programs.run("cat '\(daemon.directory)/calls'").output
            return (calls, result.status, result.output)
        }

        @Test(.resilience("a shell asked of the pager"))
        func `less runs in secure mode by default, and no other pager then`() throws {
            try DaemonFixture.with { daemon in
                let secure = "less secure=1 allowed=no [FRSXMK] \n"
                #expect(try paged(daemon).calls == secure)
                #expect(try paged(daemon, "list", "LESSSECURE_ALLOW=shell LESS=-ofile").calls == secure)
                #expect(try paged(daemon, "list", "SEGMENTCTL_PAGERSECURE=1").calls == secure)
                #expect(try paged(daemon, "list", "SEGMENTCTL_PAGERSECURE=maybe").calls == secure)
                #expect(try paged(daemon, "list", "SEGMENTCTL_PAGERSECURE=1 PAGER=less").calls == secure)
                #expect(
                    try paged(daemon, "status", "PAGER=other").calls == "less secure=1 allowed=no [FRSXMK] \n"
                )
                let none = try paged(daemon, "list", "SEGMENTCTL_PAGERSECURE=yes PAGER=other")
                #expect(none.calls == "")
                #expect(none.screen.contains("1 segment."))
                #expect(
                    try paged(daemon, "list", "SEGMENTCTL_PAGERSECURE=0").calls
                        == "less secure=no allowed=no [FRSXMK] \n"
                )
            }
        }

        @Test func `a pager is parsed as a shell would, the one of segmentctl first`() throws {
            try DaemonFixture.with { daemon in
                let open = "SEGMENTCTL_PAGERSECURE=0"
                let words = try paged(daemon, "list", "\(open) PAGER=\"'bin/my bin/pager' -x 'a  b'\"")
                #expect(words.calls == "pager secure=no allowed=no [] -x a  b\n")
                let own = try paged(daemon, "list", "\(open) SEGMENTCTL_PAGER=other PAGER=less")
                #expect(own.calls == "other secure=no allowed=no [] \n")
            }
        }

        @Test(arguments: [
            "PAGER=", "PAGER=cat", "SEGMENTCTL_PAGER= PAGER=other", "PAGER=' '", "TERM=dumb", "TERM=",
            "SEGMENTCTL_PAGERSECURE=0 PAGER=",
        ])
        func `without a pager, output goes to standard output`(variables: String) throws {
            try DaemonFixture.with { daemon in
                let result = try paged(daemon, "list", variables)
                #expect(result.calls == "")
                #expect(result.screen.contains("1 segment."))
                #expect(result.status == 0)
            }
        }

        @Test func `--no-pager, and a missing pager`() throws {
            try DaemonFixture.with { daemon in
                let without = try paged(daemon, "--no-pager list")
                #expect(without.calls == "")
                #expect(without.screen.contains("1 segment."))
                #expect(try paged(daemon, "status a --no-pager").calls == "")
                let missing = try paged(daemon, "list", "SEGMENTCTL_PAGERSECURE=0 PAGER=/no/such")
                #expect(missing.screen.contains("1 segment."))
            }
        }

        @Test func `ctrl-C in the pager does not end segmentctl first`() throws {
            try DaemonFixture.with { daemon in
                // The terminal sends the signal to the whole process group.
                let pager = "trap : INT; kill -INT $PPID; sleep 0.3; cat; echo paged"
                let result = try paged(daemon, pager: pager)
                #expect(result.status == 0)
                #expect(result.screen.contains("paged"))
            }
        }
    }
}
