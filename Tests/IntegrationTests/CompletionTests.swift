import Glibc
import SegmentTestSupport
import Testing

extension RealDaemon {
    /// Completions offered to shells.
    @Suite(.serialized) struct CompletionTests {
        /// Calls segmentctl as completion scripts do, with the words of the command line and the one to
        /// complete.
        private func offered(_ line: String, _ verb: String, _ socket: String) throws -> String {
            let words = line.split(separator: " ", omittingEmptySubsequences: false)
            let quoted = words.map { "'\($0)'" }.joined(separator: " ")
            return try Programs.run(
                "SEGMENTD_SOCKET='\(socket)' '\(Programs.path("segmentctl"))'"
                    + " ---completion \(verb) -- positional@0 \(words.count - 1) 0 \(quoted)"
            ).output
        }

        @Test func `every verb that takes a segment is offered the live names`() throws {
            try DaemonFixture.with(["segments.d/a.toml": "size = 1", "segments.d/b.toml": "size = 1"]) {
                daemon in
                for verb in ["list", "status", "key", "id", "read", "write", "remove", "run"] {
                    let names = try offered("segmentctl \(verb) ", verb, daemon.socket)
                    #expect(names == "a\nb\n", "\(verb)")
                }
                let ofCommand = try offered("segmentctl run a -- ", "run", daemon.socket)
                #expect(ofCommand == "\n")
                for option in ["--socket \(daemon.socket)", "--socket=\(daemon.socket)"] {
                    let names = try offered("segmentctl \(option) key ", "key", "/nowhere")
                    #expect(names == "a\nb\n")
                }
            }
        }

        @Test func `without a daemon, or with a hung one, completion soon offers nothing`() throws {
            try DaemonFixture.with { daemon in
                let ofNobody = try offered("segmentctl key ", "key", "/nowhere")
                #expect(ofNobody == "\n")
                daemon.process.signal(SIGSTOP)
                let before = ContinuousClock.now
                let ofHanging = try offered("segmentctl key ", "key", daemon.socket)
                #expect(ofHanging == "\n")
                #expect(ContinuousClock.now - before < .seconds(2))
                daemon.process.signal(SIGCONT)
            }
        }

        @Test func `zsh completes the value of an option behind its equals sign`() throws {
            let script = try Programs.run("'\(Programs.path("segmentctl"))' --generate-completion-script zsh")
                .output
            for option in ["json", "when", "state", "socket", "offset"] {
                #expect(script.contains("'--\(option)=["), "\(option)")
                #expect(!script.contains("'--\(option)["), "\(option)")
            }
            for flag in ["no-legend", "no-pager"] {
                #expect(script.contains("'--\(flag)["), "\(flag)")
            }
            #expect(script.contains("('pretty' 'short' 'off')"))
            #expect(script.contains("('unused' 'idle' 'now')"))
            #expect(script.contains("___state=('absent' 'ready' 'drifted' 'draining' 'removing' 'blocked')"))
        }
    }
}
