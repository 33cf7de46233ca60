import Glibc
import Segments
import SegmentTestSupport
import Testing

extension RealDaemon {
    /// Text of other users never reaches a terminal as a control sequence.
    @Suite(.serialized, .resilience("text of others that a terminal would obey"))
    struct ForeignTextTests {
        private static let escape = "\u{1b}[2J\u{9b}31m"
        private static let files = [
            "segments.d/a.toml": "size = 4096\ndescription = \"\\u001b[2J\\u009b31m\\u007f\\n\\tend\"",
            "segments.d/g.toml": "size = 4096\ngroup = \"\\u001b[2J\\u009b31m\"",
            "segments.d/p.toml": "size = 4096\n[key]\npath = \"/srv/\\u001b[2J\\u009b31m\"",
        ]

        /// Returns all control characters other than line ends.
        private func controls(_ text: String) -> [Unicode.Scalar] {
            text.unicodeScalars.filter { $0.properties.generalCategory == .control && $0 != "\n" }
        }

        @Test func `no verb prints a control character of a client, a declaration or a path`() throws {
            try DaemonFixture.with(Self.files) { daemon in
                let runner = "\(daemon.directory)/\(Self.escape)"
                system("cp '\(Programs.path("segmentctl"))' '\(runner)'")
                let holder = try ChildProcess(
                    [runner, "run", "a", "--", "sleep", "60"],
                    environment: ["SEGMENTD_SOCKET": daemon.socket]
                )
                let client = try daemon.client()
                try client.awaitLeases(1)
                for verb in [
                    "list", "status", "status a g p", "key a", "key g", "id p", "reload", "remove a", "check",
                    "check '\(daemon.directory)/config'", "run g -- true", "read p",
                ] {
                    for form in ["off", "short", "pretty"] {
                        let text = try daemon.segmentctl("\(verb) --json=\(form) | cat").output
                        #expect(controls(text).isEmpty, "\(verb) --json=\(form): \(text.debugDescription)")
                    }
                }
                let seconds = Sanitizer.isPresent ? 10 : 1
                for form in ["off", "short"] {
                    let text = try Programs.run(
                        "SEGMENTD_SOCKET='\(daemon.socket)' timeout \(seconds) '\(Programs.path("segmentctl"))' monitor --json=\(form)"
                    ).output
                    #expect(text.contains("a"))
                    #expect(controls(text).isEmpty, "monitor --json=\(form): \(text.debugDescription)")
                }
                let page = try daemon.status("a")
                #expect(page.contains("● a - ?[2J?31m???end\n"))
                #expect(page.contains("(?[2J?31m) of "))
                let json = try daemon.segmentctl("status a --json=short").output
                #expect(json.contains(#""description":"\u001b[2J\u009b31m\u007f\u000a\u0009end""#))
                #expect(json.contains(#""command":"\u001b[2J\u009b31m""#))
                holder.signal(SIGTERM)
                #expect(holder.wait() == 128 + SIGTERM)
            }
        }

        @Test func `no error repeats a control character of the command line`() throws {
            try DaemonFixture.with { daemon in
                let word = "$'\\e[2J\\u009b31m'"
                for line in [
                    word, "key \(word)", "list --json=\(word)", "--\(word)", "run a -- /no/\(word)",
                    "run \(word) -- true", "send a /no/\(word)", "receive a /no/\(word)",
                    "remove a --when=\(word)",
                    "check /no/\(word)", "read \(word)", "read a --offset=\(word)", "status \(word)",
                    "help \(word)",
                    "--socket /no/\(word) list", "--socket /no/\(word) key a",
                ] {
                    let result = try Programs.run(
                        "SEGMENTD_SOCKET='\(daemon.socket)' LC_ALL=C.UTF-8 bash -c "
                            + "\"'\(Programs.path("segmentctl"))' \(line.replacing("$", with: "\\$"))\""
                    )
                    #expect(controls(result.output).isEmpty, "\(line): \(result.output.debugDescription)")
                    #expect(!result.output.isEmpty, "\(line)")
                }
            }
        }

        @Test(.enabled(if: Programs.canSwitchUser)) func `names of users and groups are shown safely`() throws
        {
            try DaemonFixture.with(["segments.d/a.toml": "size = 4096\ngroup = \"users\"\nmode = \"0666\""]) {
                daemon in
                let holder = try ChildProcess(
                    ["setpriv", "--reuid=64003", "--regid=64003", "--clear-groups", "--", "sleep", "60"]
                )
                defer { holder.signal(SIGKILL) }
                let names = "\(daemon.directory)/names"
                system("cp '\(Programs.path("segmentctl"))' '\(daemon.directory)/segmentctl'")
                let runner = try ChildProcess(
                    [
                        "setpriv", "--reuid=64003", "--regid=64003", "--clear-groups", "--",
                        "\(daemon.directory)/segmentctl", "run", "a", "--", "sleep", "60",
                    ],
                    environment: ["SEGMENTD_SOCKET": daemon.socket]
                )
                let client = try daemon.client()
                try client.awaitLeases(1)
                let output = try Programs.run(
                    """
                    printf '\\033[2Jx:x:64003:64003::/:/bin/sh\\n' > '\(names)'
                    printf 'gr\\033[2J:x:%s:\\n' $(getent group users | cut -d: -f3) > '\(names).group'
                    export SEGMENTD_SOCKET='\(daemon.socket)' ctl='\(Programs.path("segmentctl"))' names='\(names)'
                    unshare --mount sh -c 'mount --bind "$names" /etc/passwd; mount --bind "$names.group" /etc/group
                        "$ctl" status a; "$ctl" list; timeout 3 "$ctl" monitor'
                    """
                ).output
                #expect(output.contains("of ?[2Jx, read-write"))
                #expect(controls(output).isEmpty, "\(output.debugDescription)")
                runner.signal(SIGTERM)
                runner.wait()
            }
        }
    }
}
