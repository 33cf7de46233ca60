import Glibc
import Segments
import SegmentModel
import SegmentTestSupport
import Testing
import SystemPackage

extension RealDaemon {
    /// libsegmentd, used from C and C++ programs.
    @Suite(
        .serialized,
        .enabled(if: CLibrary.isInstalled, "make test installs the C library"),
        .disabled(if: Sanitizer.isPresent, "the installed C library is not instrumented")
    )
    struct CLibraryTests {
        private static let segments = [
            "segments.d/a.toml": "size = \"1 MiB\"", "segments.d/small.toml": "size = 100",
        ]

        @Test func `the library exports what the header declares, and nothing else`() throws {
            let declared = try Programs.run(
                "cc -E -P '\(CLibrary.header)' | grep -oE '\\bsegmentd_[a-z_]+\\(' | tr -d '(' | sort"
            )
            let exported = try Programs.run(
                "nm -D --defined-only --extern-only '\(CLibrary.library)' | sed -n 's/.* T //p' | sed 's/@@.*//' | sort"
            )
            #expect(declared.output.contains("segmentd_writer_open\n"))
            #expect(exported.output == declared.output)
            let others = try Programs.run(
                "nm -D --defined-only --extern-only '\(CLibrary.library)' | grep -v ' T segmentd_[a-z_]*@@LIBSEGMENTD_0$'"
            )
            // Some linkers list the name of the version itself.
            #expect(["", "0000000000000000 A LIBSEGMENTD_0\n"].contains(others.output))
        }

        @Test func `the library needs nothing of Swift`() throws {
            let needed = try Programs.run(
                "readelf -d '\(CLibrary.library)' | sed -n 's/.*(\\(NEEDED\\|SONAME\\|RPATH\\|RUNPATH\\)).*\\[\\(.*\\)\\].*/\\2/p'"
                    + " | sed 's/ld-linux.*/ld-linux/' | sort"
            )
            #expect(
                needed.output == """
                    ld-linux
                    libc.so.6
                    libgcc_s.so.1
                    libm.so.6
                    libsegmentd.so.0
                    libstdc++.so.6

                    """
            )
        }

        @Test(arguments: ["-std=c11 -x c", "-std=c++17 -x c++"])
        func `the header is clean`(_ language: String) throws {
            let result = try Programs.run(
                CLibrary.environment()
                    + "cc \(language) -Wall -Wextra -pedantic -Werror -fsyntax-only '\(CLibrary.header)'"
            )
            #expect(result == (0, ""))
        }

        @Test func `the README's program compiles without warnings and counts`() throws {
            try DaemonFixture.with(["segments.d/telemetry.toml": "size = \"1 MiB\""]) { daemon in
                let built = try Programs.run(
                    "sed -n '/^```c$/,/^```$/{/^```/d;p}' '\(CLibrary.sources)/README.md' | "
                        + CLibrary.environment()
                        + "sh -c 'cc -x c -Wall -Wextra -pedantic -Werror -o \(daemon.directory)/counter - "
                        + "$(pkg-config --cflags --libs segmentd)'"
                )
                #expect(built == (0, ""))
                for _ in 0..<3 { #expect(try daemon.run("counter") == (0, "")) }
                #expect(try daemon.segmentctl("read telemetry --length 1").output == "\u{3}")
                let text = try Programs.run("grep -c 'atomic_fetch_add' '\(CLibrary.sources)/README.md'")
                #expect(text == (0, "1\n"))
            }
        }

        @Test func `a line goes from one C program to another, and to segmentctl`() throws {
            try DaemonFixture.with(Self.segments) { daemon in
                try CLibrary.buildExamples("put.c", "get.c", options: "-std=c11", in: daemon)
                let key = try daemon.segmentctl("key a").output
                #expect(try daemon.run("put a 'Hello from C'") == (0, "1048576 bytes, key \(key)"))
                #expect(try daemon.run("get a") == (0, "Hello from C\n"))
                #expect(try daemon.segmentctl("read a --length 12").output == "Hello from C")
                #expect(try daemon.client().segments().allSatisfy(\.leases.isEmpty))
            }
        }

        @Test func `a C++ program counts, and its exceptions have the text`() throws {
            try DaemonFixture.with(Self.segments) { daemon in
                try CLibrary.buildExamples("counter.cpp", in: daemon)
                for count in 1...3 { #expect(try daemon.run("counter a") == (0, "\(count)\n")) }
                let failed = try daemon.run("counter b")
                #expect(failed == (1, "counter: there is no segment b; `segmentctl list` shows all\n"))
            }
        }

        @Test func `failures have a text for people`() throws {
            try DaemonFixture.with([
                "segments.d/secret.toml": "size = 1\nmode = \"0600\"",
                "segments.d/blocked.toml": "size = 1\ngroup = \"no-such-group\"",
            ]) { daemon in
                try CLibrary.buildExamples("get.c", in: daemon)
                let blocked = try daemon.run("get blocked")
                #expect(blocked.status == 1)
                #expect(blocked.output.hasPrefix("get: segment blocked is blocked: "))
                guard Programs.canSwitchUser else { return }
                let denied = try daemon.run("get secret", through: "setpriv --reuid=64002 --clear-groups")
                #expect(denied.status == 1)
                #expect(denied.output.contains("may not be attached read-only by user 64002"))
                daemon.kill()
                let alone = try daemon.run("get secret")
                #expect(
                    alone == (
                        1,
                        "get: no broker at \(daemon.socket): Connection refused; `systemctl status segmentd.socket segmentd` "
                            + "shows whether it runs, and `systemctl restart segmentd.socket` recreates a socket that was "
                            + "removed\n"
                    )
                )
            }
        }

        @Test func `threads that attach and detach hold no more leases than segments`() throws {
            try DaemonFixture.with(Self.segments) { daemon in
                try CLibrary.build("Tests/SegmentCTests/leases.c", in: daemon)
                // The program runs until `sleep` ends.
                let seconds = getenv("LEASE_SECONDS").map { String(cString: $0) } ?? "2"
                let command = "sleep \(seconds) | \(daemon.command("leases"))"
                let running = Thread { try Programs.run(command) }
                let observer = try daemon.client()
                var most = 0
                while !running.isOver {
                    most = max(most, try observer.daemonStatus().leaseCount)
                    usleep(500)
                }
                #expect(try running.value() == (0, ""))
                #expect((1...6).contains(most), "\(most)")
            }
        }

        @Test func `signals do not end a connect that waits in the queue`() throws {
            try DaemonFixture.with(Self.segments) { daemon in
                let full = try FakeBroker(backlog: 0)
                defer { full.end() }
                let first = try SegmentClient(socket: FilePath(full.path))
                try CLibrary.build("Tests/SegmentCTests/signals.c", in: daemon)
                #expect(try daemon.run("signals '\(full.path)'") == (0, ""))
                _ = first
            }
        }

        @Test func `a thread that is cancelled in a call ends after it, and the next call is served`() throws
        {
            try DaemonFixture.with(Self.segments) { daemon in
                let silent = try FakeBroker()
                silent.serve()
                defer { silent.end() }
                try CLibrary.build("Tests/SegmentCTests/cancellation.c", in: daemon)
                #expect(try daemon.run("cancellation '\(silent.path)'") == (0, ""))
            }
        }

        @Test(arguments: ["mistakes", "threads", "signals"]) func `the C program of checks passes`(
            _ name: String
        ) throws {
            try DaemonFixture.with(Self.segments) { daemon in
                let options = "-DVERSION='\\\"\(Product.version)\\\"'"
                try CLibrary.build("Tests/SegmentCTests/\(name).c", options, in: daemon)
                #expect(try daemon.run(name) == (0, ""))
            }
        }
    }
}
