import Glibc
import Segments
import SegmentModel
import SegmentTestSupport
import Testing

extension RealDaemon {
    /// A directory of declarations or of records that is missing or changed.
    @Suite(.serialized) struct VanishedDirectoryTests {
        @Test func `segments of a vanished directory stay until their removal is requested`() throws {
            try DaemonFixture.with { daemon in
                let identifier = try daemon.segmentctl("id a").output
                system("rm -r '\(daemon.segmentFiles)'")
                let refused = try daemon.segmentctl("reload")
                #expect(refused.status == 8)
                #expect(
                    refused.output.contains(
                        "segments.d: is missing, but segments declared in it still exist"
                    )
                )
                #expect(refused.output.contains("`segmentctl reload --remove-all`"))
                daemon.process.signal(SIGHUP)
                #expect(try daemon.segmentctl("id a").output == identifier)
                #expect(try daemon.segmentctl("reload --remove-all").output == "Removing: a\n")
                #expect(try daemon.segmentctl("reload").status == 0, "nothing is left that could be lost")
                mkdir(daemon.segmentFiles, 0o755)
            }
        }

        @Test func `a start without the directory is refused while records name segments`() throws {
            try DaemonFixture.with { daemon in
                let identifier = try daemon.segmentctl("id a").output
                daemon.kill()
                system("mv '\(daemon.segmentFiles)' '\(daemon.segmentFiles)-away'")
                try daemon.spawn()
                let status = daemon.process.wait()
                #expect(status == 8)
                #expect(daemon.log.contains("restore it, or, to remove the segments, create an empty one"))
                system("mv '\(daemon.segmentFiles)-away' '\(daemon.segmentFiles)'")
                try daemon.start()
                #expect(try daemon.segmentctl("id a").output == identifier)
                daemon.kill()
                system("rm -r '\(daemon.segmentFiles)' && mkdir '\(daemon.segmentFiles)'")
                try daemon.start()
                #expect(try daemon.client().segments().isEmpty)
            }
        }

        @Test func `an empty directory declares nothing`() throws {
            try DaemonFixture.with { daemon in
                unlink("\(daemon.segmentFiles)/a.toml")
                let reload = try daemon.segmentctl("reload")
                #expect(reload.output == "Removing: a\n")
            }
        }

        @Test func `a refusal with many problems reaches the client that reloaded`() throws {
            try DaemonFixture.with { daemon in
                let keys = (100_000..<120_000).map { "k\($0) = 1" }.joined(separator: "\n")
                try daemon.write("size = 1\n\(keys)", to: "segments.d/b.toml")
                let refused = try daemon.segmentctl("reload")
                #expect(refused.status == 8)
                #expect(refused.output.hasSuffix("19900 more problems; correct these first\n"))
                #expect(daemon.log.count { $0 == "\n" } < 200)
                unlink("\(daemon.segmentFiles)/b.toml")
            }
        }

        @Test func `records writable by others stop a start`() throws {
            try DaemonFixture.with { daemon in
                daemon.kill()
                chmod("\(daemon.state)", 0o770)
                try daemon.spawn()
                let status = daemon.process.wait()
                #expect(status == 1)
                #expect(daemon.log.contains("is accessible to others: its mode is 0770, not 0700"))
                #expect(daemon.log.contains("`chmod 0700 \(daemon.state)`"))
                chmod("\(daemon.state)", 0o700)
                try daemon.start()
            }
        }
    }
}
