import Glibc
import Segments
import SegmentModel
import SegmentTestSupport
import Testing

extension RealDaemon {
    /// segmentctl, used from scripts.
    @Suite(.serialized) struct CommandLineTests {
        @Test func `key and identifier for scripts`() throws {
            try DaemonFixture.with([
                "segments.d/a.toml": "size = 4096\n[key]\nvalue = 0x0000beef",
                "segments.d/w.toml": "size = 1\nkeep = \"while-used\"",
            ]) {
                daemon in
                #expect(try daemon.segmentctl("key a") == (0, "0x0000beef\n"))
                let identifier = try #require(try daemon.client().segment(named: "a").identifier)
                #expect(try daemon.segmentctl("id a") == (0, "\(identifier)\n"))
                #expect(try daemon.segmentctl("key w").status == 3)
                #expect(try daemon.segmentctl("key x").status == 4)
                #expect(try daemon.segmentctl("status a w x").status == 4)
                #expect(try daemon.segmentctl("status a w").status == 3)
                #expect(try daemon.segmentctl("status a").status == 0)
            }
        }

        @Test func `bytes are written and read, and never too many`() throws {
            try DaemonFixture.with { daemon in
                let file = "\(daemon.directory)/file"
                system("head -c 4096 /dev/urandom > '\(file)'")
                #expect(try daemon.segmentctl("write a < '\(file)'") == (0, ""))
                #expect(try daemon.segmentctl("read a | cmp - '\(file)'") == (0, ""))
                #expect(try daemon.segmentctl("read a --offset 100 --length 50 | wc -c").output == "50\n")
                #expect(
                    try Programs.run(
                        "echo hi | SEGMENTD_SOCKET='\(daemon.socket)' '\(Programs.path("segmentctl"))' write a --offset 4000"
                    ).status == 0
                )
                #expect(try daemon.segmentctl("read a --offset 4000 --length 3").output == "hi\n")
                let unchanged = try daemon.segmentctl("read a | sha256sum")
                system("head -c 4097 /dev/urandom > '\(file)'")
                let long = try daemon.segmentctl("write a < '\(file)'")
                #expect(long == (1, "segmentctl: standard input has 4097 bytes, segment a room for 4096\n"))
                #expect(try daemon.segmentctl("read a | sha256sum") == unchanged)
                let piped = try Programs.run(
                    "cat '\(file)' | SEGMENTD_SOCKET='\(daemon.socket)' '\(Programs.path("segmentctl"))' write a"
                )
                #expect(piped.status == 1)
                #expect(piped.output.contains("more than 4096 bytes"))
                #expect(try daemon.segmentctl("read a --offset 4097").status == 1)
                #expect(try daemon.segmentctl("read a --offset 4000 --length 97").status == 1)
                for command in ["read a", "list", "--version", "help"] {
                    #expect(
                        try daemon.segmentctl("\(command) 2>&1 > /dev/full")
                            == (1, "segmentctl: standard output cannot be written: No space left on device\n")
                    )
                }
                for stream in ["/dev/full", "&-"] {
                    #expect(try daemon.segmentctl("list --nosuch 2>\(stream)").status == 2)
                }
                #expect(
                    try daemon.segmentctl("write a < /")
                        == (1, "segmentctl: standard input cannot be read: Is a directory\n")
                )
                #expect(try daemon.segmentctl("read a --offset -1").output.contains("must not be negative"))
                let nowhere = try daemon.segmentctl("--socket '' list")
                #expect(nowhere.status == 2 && nowhere.output.contains("--socket must not be empty"))
            }
        }

        @Test func `a command runs with leases until it ends`() throws {
            try DaemonFixture.with(["segments.d/my.seg.toml": "size = 4096\n[key]\nvalue = 77"]) { daemon in
                let identifier = try #require(try daemon.client().segment(named: "my.seg").identifier)
                let variables = try daemon.segmentctl(
                    "run my.seg -- sh -c 'echo $SEGMENT_KEY_MY_SEG $SEGMENT_ID_MY_SEG $SEGMENT_SIZE_MY_SEG'"
                )
                #expect(variables == (0, "0x0000004d \(identifier) 4096\n"))
                #expect(
                    try daemon.segmentctl("run my.seg -- '\(Programs.path("segmentctl"))' list --no-legend")
                        .output.contains(" 1 (0) ")
                )
                #expect(try daemon.segmentctl("run my.seg -- sh -c 'exit 7'").status == 7)
                #expect(try daemon.segmentctl("run my.seg -- sh -c 'kill -9 $$'").status == 137)
                #expect(try daemon.segmentctl("run my.seg -- /no/such/program").status == 127)
                #expect(try daemon.segmentctl("run my.seg -- /tmp").status == 126)
                #expect(try daemon.segmentctl("run nope -- true").status == 4)
                #expect(try daemon.client().daemonStatus().leaseCount == 0)
            }
        }

        @Test func `signals reach the command, and its leases are reacquired after a kill of the daemon`()
            throws
        {
            try DaemonFixture.with { daemon in
                let runner = try ChildProcess(
                    [Programs.path("segmentctl"), "run", "a", "--", "sleep", "60"],
                    environment: ["SEGMENTD_SOCKET": daemon.socket]
                )
                let client = try daemon.client()
                while try client.daemonStatus().leaseCount != 1 { usleep(5000) }
                daemon.kill()
                try daemon.start()
                let deadline = ContinuousClock.now + .seconds(5)
                while try client.daemonStatus().leaseCount != 1, ContinuousClock.now < deadline {
                    usleep(5000)
                }
                #expect(try client.daemonStatus().leaseCount == 1)
                runner.signal(SIGTERM)
                #expect(runner.wait() == 128 + SIGTERM)
            }
        }

        @Test func `the exit status of removal and reload tells the outcome`() throws {
            try DaemonFixture.with { daemon in
                let client = try daemon.client()
                do {
                    let segment = try client.attach("a")
                    let refused = try daemon.segmentctl("remove a")
                    #expect(refused.status == 6)
                    #expect(refused.output.contains("1 attachment, 1 lease;"))
                    _ = segment.byteCount
                }
                _ = try client.daemonStatus()
                #expect(try daemon.segmentctl("remove a") == (0, ""))
                #expect(try daemon.segmentctl("reload") == (0, "Created: a\n"))
                try daemon.write("size = 0", to: "segments.d/b.toml")
                let bad = try daemon.segmentctl("reload --json=short")
                #expect(bad.status == 8)
                #expect(
                    bad.output
                        == "[{\"file\":\"\(daemon.segmentFiles)/b.toml\",\"line\":1,\"key\":\"size\",\"message\":\"0 is not a size\","
                        + "\"remedy\":\"write at least 1 byte, such as `size = \\\"16 MiB\\\"`\"}]\n"
                )
                #expect(try daemon.segmentctl("check '\(daemon.directory)/config'").status == 8)
                unlink("\(daemon.segmentFiles)/b.toml")
                #expect(
                    try daemon.segmentctl("check '\(daemon.directory)/config' 2>/dev/null") == (
                        0, "\(daemon.directory)/config: 1 segment, no errors\n"
                    )
                )
            }
        }

        @Test(.enabled(if: Programs.canSwitchUser)) func `a client that may not administer is refused`()
            throws
        {
            try DaemonFixture.with(["segments.d/a.toml": "size = 4096\ngroup = \"users\"\nmode = \"0664\""]) {
                daemon in
                system("cp '\(Programs.path("segmentctl"))' '\(daemon.directory)/'")
                let run =
                    "SEGMENTD_SOCKET='\(daemon.socket)' setpriv --reuid=64003 --regid=64003 --clear-groups -- '\(daemon.directory)/segmentctl'"
                #expect(try Programs.run("\(run) remove a").status == 5)
                #expect(try Programs.run("\(run) reload").status == 5)
                let denied = try Programs.run("echo x | \(run) write a")
                #expect(denied.status == 5)
                #expect(denied.output.contains("user 64003 is not in group users (100)"))
                #expect(denied.output.contains("membership takes effect at the next login"))
                #expect(try Programs.run("\(run) read a --length 1 | wc -c").output == "1\n")
                #expect(try Programs.run("\(run) list --no-legend").status == 0)
            }
        }

        @Test(
            .enabled(if: Programs.canSwitchUser),
            arguments: ["env -u XDG_CONFIG_HOME", "env XDG_CONFIG_HOME="]
        )
        func `check uses the daemon's directories, with an empty variable or none`(environment: String) throws
        {
            try DaemonFixture.with { daemon in
                let home = "\(daemon.directory)/home", program = "\(daemon.directory)/segmentctl"
                system("mkdir -p '\(home)/.config/segmentd/segments.d'")
                system("cp '\(Programs.path("segmentctl"))' '\(program)'")
                let user = "setpriv --reuid=64003 --regid=64003 --clear-groups"
                let check = "HOME='\(home)' \(environment) \(user) '\(program)' check"
                let found = try Programs.run(check)
                #expect(found == (0, "\(home)/.config/segmentd: 0 segments, no errors\n"))
            }
        }

        @Test func `a reload lists blocked segments and exits with a status for them`() throws {
            try DaemonFixture.with { daemon in
                try daemon.write("size = 1\ngroup = \"ghosts\"", to: "segments.d/b.toml")
                let first = try daemon.segmentctl("reload")
                #expect(first.status == 3)
                #expect(
                    first.output.hasPrefix(
                        "Blocked: b\nsegmentctl: segment b: there is no group ghosts"
                    )
                )
                #expect(try daemon.segmentctl("reload 2>&-") == (3, "Blocked: b\n"))
                #expect(try daemon.segmentctl("reload --allow-blocked 2>&-") == (0, "Blocked: b\n"))
                let json = try daemon.segmentctl("reload --json=short")
                #expect(json == (3, "{\"created\":[],\"changed\":[],\"removing\":[],\"blocked\":[\"b\"]}\n"))
            }
        }

        @Test
        func `check reports what this host lacks, and warns of unknown administrators`()
            throws
        {
            let files = [
                "segmentd.toml": "administrators = [\"ghosts\"]",
                "segments.d/a.toml":
                    "size = 1\nkeep = \"while-used\"\ngroup = \"nobodies\"\n[key]\npath = \"/srv/no/such/file\"",
            ]
            try DaemonFixture.with(files) { daemon in
                let check = try daemon.segmentctl("check '\(daemon.directory)/config'")
                #expect(check.status == 0)
                let expected = [
                    "group `nobodies` does not exist on this host",
                    "key.path /srv/no/such/file does not exist on this host",
                    "administrators lists `ghosts`, a group that does not exist on this host",
                    "keep is \"while-used\": programs that compute the key themselves",
                ]
                for text in expected { #expect(check.output.contains(text), "\(check.output)") }
                let warnings = try daemon.client().daemonStatus().warnings.map(\.message)
                #expect(warnings.contains("administrators lists unknown groups: ghosts"))
                #expect(daemon.log.contains("Host: administrators lists unknown groups: ghosts"))
            }
        }

        @Test func `without the daemon the kernel's segments are listed, with status 7`() throws {
            try DaemonFixture.with(["segments.d/a.toml": "size = 4096\n[key]\nvalue = 0xbeef"]) { daemon in
                daemon.kill()
                for verb in ["list", "status"] {
                    let result = try daemon.segmentctl(verb)
                    #expect(result.status == 7)
                    #expect(result.output.contains("0x0000beef"))
                    #expect(result.output.contains("no broker at \(daemon.socket)"))
                }
                #expect(try daemon.segmentctl("-q list --json=short").output.hasPrefix(#"[{"key":48879,"#))
                #expect(try daemon.segmentctl("key a").status == 7)
                #expect(try daemon.segmentctl("status a").status == 7)
                // Only the daemon knows which segments are meant.
                for words in ["list a", "list 'a*'", "list --state ready", "list a --json=short"] {
                    let result = try daemon.segmentctl(words)
                    #expect(result.status == 7)
                    #expect(
                        result.output.hasPrefix("segmentctl: no broker at \(daemon.socket)")
                            && result.output.split(separator: "\n").count == 1,
                        "\(result.output)"
                    )
                }
            }
        }

        @Test func `help on an unknown command says so`() throws {
            let segmentctl = Programs.path("segmentctl")
            let bogus = try Programs.run("'\(segmentctl)' help bogus 2>&1 >/dev/null")
            #expect(bogus.status == 2)
            #expect(bogus.output.contains("There is no verb bogus"))
            let list = try Programs.run("'\(segmentctl)' help list")
            #expect(list.status == 0)
            #expect(list.output.hasPrefix("OVERVIEW: List all segments, or those with these names."))
        }

        @Test func `monitor prints one line per event`() throws {
            try DaemonFixture.with { daemon in
                let result = try Programs.run(
                    "SEGMENTD_SOCKET='\(daemon.socket)' timeout 1 '\(Programs.path("segmentctl"))' monitor --json=short | cut -c1-29"
                )
                #expect(result.output == "{\"event\":\"current\",\"name\":\"a\"\n{\"event\":\"listed\"}\n")
            }
        }

        @Test func `monitor ends with its reader, even without events`() throws {
            try DaemonFixture.with { daemon in
                let monitor = "timeout 20 '\(Programs.path("segmentctl"))' monitor --json=short"
                let status = "\(daemon.directory)/status"
                let heard = try Programs.run(
                    "export SEGMENTD_SOCKET='\(daemon.socket)'; { \(monitor); echo $? > '\(status)'; }"
                        + " | sed q | cut -c1-18; cat '\(status)'"
                )
                #expect(heard.output == "{\"event\":\"current\"\n\(128 + SIGPIPE)\n")
            }
        }

        @Test func `monitor continues across a restart of the daemon, with a new snapshot`() throws {
            try DaemonFixture.with { daemon in
                let lines = "\(daemon.directory)/lines"
                let monitor = try ChildProcess(
                    ["sh", "-c", "exec '\(Programs.path("segmentctl"))' monitor --json=short > '\(lines)'"],
                    environment: ["SEGMENTD_SOCKET": daemon.socket],
                    errors: "\(daemon.directory)/errors"
                )
                func snapshots() throws -> Int {
                    try Programs.run("grep -c '^{\"event\":\"listed\"}' '\(lines)'").output.split(
                        separator: "\n"
                    )
                    .first.flatMap { Int($0) } ?? 0
                }
                func expectSnapshots(_ count: Int) throws {
                    let deadline = ContinuousClock.now + .seconds(10)
                    while try snapshots() < count, ContinuousClock.now < deadline { usleep(20_000) }
                    #expect(try snapshots() == count)
                }
                try expectSnapshots(1)
                daemon.kill()
                usleep(300_000)
                try daemon.start()
                try expectSnapshots(2)
                #expect(daemon.stop() == 0)
                try daemon.start()
                try expectSnapshots(3)
                monitor.signal(SIGINT)
                #expect(monitor.wait() == 128 + SIGINT)
                let said = try Programs.run("cat '\(daemon.directory)/errors'").output
                let again =
                    "segmentctl: reconnected to the broker; the current state of every segment follows\n"
                #expect(said == again + again)
            }
        }

        @Test func `monitor reports a reconnection only if there was one`() throws {
            try DaemonFixture.with { daemon in
                let lines = "\(daemon.directory)/lines"
                let monitor = try ChildProcess(
                    ["sh", "-c", "exec '\(Programs.path("segmentctl"))' monitor --json=short > '\(lines)'"],
                    environment: ["SEGMENTD_SOCKET": daemon.socket],
                    errors: "\(daemon.directory)/errors"
                )
                func snapshots() throws -> Int {
                    try Programs.run("cat '\(lines)'").output.split(separator: "\n")
                        .count { $0 == "{\"event\":\"listed\"}" }
                }
                func awaitSnapshots(_ count: Int) throws {
                    let deadline = ContinuousClock.now + .seconds(10)
                    while try snapshots() < count, ContinuousClock.now < deadline { usleep(20_000) }
                }
                try awaitSnapshots(1)
                monitor.stopForNow()
                let client = try daemon.client()
                // More than is buffered for a subscriber that does not read, but not enough to disconnect it.
                for _ in 0..<1000 { try client.withSegment("a") { _ in } }
                monitor.signal(SIGCONT)
                try awaitSnapshots(2)
                #expect(try snapshots() > 1)
                monitor.signal(SIGINT)
                monitor.wait()
                #expect(try Programs.run("cat '\(daemon.directory)/errors'").output == "")
            }
        }

        @Test func `numbers as JSON are the integers of the wire`() throws {
            try DaemonFixture.with(["segments.d/a.toml": "size = 4096\n[key]\nvalue = 0x8000beef"]) {
                daemon in
                #expect(try daemon.segmentctl("key a -j") == (0, "-2147434769\n"))
                #expect(try daemon.segmentctl("key a --json=pretty") == (0, "-2147434769\n"))
                #expect(try daemon.segmentctl("key a -j --json=off") == (0, "0x8000beef\n"))
                let identifier = try #require(try daemon.client().segment(named: "a").identifier)
                #expect(try daemon.segmentctl("-j id a") == (0, "\(identifier)\n"))
            }
        }

        @Test(arguments: ["segmentd", "4294967295", "10 "])
        func `a trusted user that is not a number is reported`(value: String) throws {
            try DaemonFixture.with { daemon in
                let variable = "SEGMENTD_TRUSTED_UID='\(value)' SEGMENTD_SOCKET='\(daemon.socket)'"
                for verb in ["key", "list", "status"] {
                    let result = try Programs.run("\(variable) '\(Programs.path("segmentctl"))' \(verb) a")
                    #expect(result.status == 7)
                    #expect(result.output.contains("$SEGMENTD_TRUSTED_UID is \"\(value)\""))
                }
                let given = try Programs.run("\(variable) '\(Programs.path("segmentctl"))' --trust 1 key a")
                #expect(given.status == 0)
            }
        }

        @Test func `running out of descriptors is not reported as a missing broker`() throws {
            try DaemonFixture.with { daemon in
                for verb in ["list", "status", "key a"] {
                    let result = try Programs.run(
                        """
                        SEGMENTD_SOCKET='\(daemon.socket)' \(Sanitizer.strace) -f -o '\(daemon.directory)/trace' \
                            -e inject=socket:error=EMFILE '\(Programs.path("segmentctl"))' \(verb)
                        """
                    )
                    #expect(result.status == 1, "\(verb)")
                    #expect(result.output.contains("Too many open files"), "\(result.output)")
                    #expect(!result.output.contains("no broker"), "\(result.output)")
                    #expect(!result.output.contains("systemctl"), "\(result.output)")
                }
            }
        }

        @Test func `a list of names, patterns and states`() throws {
            let files = ["a", "b1", "b2"].map { ("segments.d/\($0).toml", "size = 1\nkeep = \"while-used\"") }
            try DaemonFixture.with(Dictionary(uniqueKeysWithValues: files)) { daemon in
                func names(_ arguments: String) throws -> (Int32, String) {
                    let result = try daemon.segmentctl(
                        "\(arguments) --no-legend | cut -d' ' -f1 | paste -sd' '"
                    )
                    return (try daemon.segmentctl("\(arguments) > /dev/null").status, result.output)
                }
                for (arguments, expected) in [
                    ("list", (0, "a b1 b2\n")), ("list b2 a", (0, "a b2\n")), ("list 'b*'", (0, "b1 b2\n")),
                    ("list '[ab]1' a", (0, "a b1\n")), ("list 'x*'", (0, "\n")),
                    ("list a x 2>/dev/null", (4, "a\n")),
                    ("--state=absent,ready list", (0, "a b1 b2\n")), ("--state=ready", (0, "\n")),
                ] as [(String, (Int32, String))] {
                    let found = try names(arguments)
                    #expect(found == expected, "\(arguments)")
                }
            }
        }

        @Test func `the version is JSON, too`() throws {
            try DaemonFixture.with { daemon in
                let text = try daemon.segmentctl("version").output
                let version = text.dropFirst("segmentctl ".count).dropLast()
                let json = try daemon.segmentctl("version --json=short")
                #expect(json == (0, "{\"version\":\"\(version)\"}\n"))
            }
        }

        @Test func `one is singular`() throws {
            try DaemonFixture.with { daemon in
                try daemon.write("size = 0", to: "segments.d/b.toml")
                let client = try daemon.client()
                #expect {
                    try client.reloadConfiguration()
                } throws: {
                    "\($0)".hasSuffix("1 problem")
                }
                #expect(
                    try daemon.segmentctl("read a --offset 4095 --length 2").output.contains(
                        "has 1 byte after"
                    )
                )
                unlink("\(daemon.segmentFiles)/b.toml")
            }
        }
    }
}
