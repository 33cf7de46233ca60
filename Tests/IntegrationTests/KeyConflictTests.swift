import Glibc
import Segments
import SegmentModel
import SegmentTestSupport
import SystemVSharedMemory
import Testing

extension RealDaemon {
    /// Foreign segments and keys: the broker finds them in its way and leaves them alone.
    @Suite(
        .serialized,
        .enabled(if: Programs.canSwitchUser),
        .resilience("a key taken, a record forged, a key file replaced by another user")
    )
    struct KeyConflictTests {
        private static let key = SegmentKey(bits: 0xbeef)
        private static let files = [
            "segments.d/a.toml": "size = 4096\nmode = \"0666\"\n[key]\nvalue = 0xbeef",
            "segments.d/b.toml": "size = 4096",
        ]

        /// Runs `body` while a foreign segment has the key, and checks that nothing has touched it.
        private func withSquatter(
            _ key: SegmentKey = key,
            _ body: (SegmentIdentifier) throws -> Void
        ) throws {
            let kernel = LinuxKernel()
            let identifier = try Stranger.makeSegment(key: key)
            let before = try kernel.statusOfAny(identifier)
            try body(identifier)
            #expect(try kernel.statusOfAny(identifier) == before)
            try kernel.remove(identifier)
        }

        private func expectSquatted(_ client: SegmentClient) throws {
            #expect(try client.segment(named: "a").problems.map(\.kind) == [.squatted])
            #expect(try client.segment(named: "b").state == .ready)
            #expect {
                _ = try client.attach("a")
            } throws: {
                let error = $0 as? SegmentClientError
                return error?.code == .segmentBlocked && error?.problem?.kind == .squatted
            }
        }

        @Test func `a key squatted before the start blocks one name, until it is free`() throws {
            try DaemonFixture.with(Self.files) { daemon in
                let made = try #require(try daemon.client().segment(named: "a").identifier)
                daemon.kill()
                try LinuxKernel().remove(made)
                try withSquatter { _ in
                    try daemon.start()
                    try expectSquatted(try daemon.client())
                }
                #expect(try daemon.client().attach("a").byteCount == 4096)
            }
        }

        @Test func `a key squatted between removal and making blocks one name, until it is free`() throws {
            try DaemonFixture.with(Self.files) { daemon in
                let client = try daemon.client()
                try client.remove("a")
                try withSquatter { _ in
                    #expect(throws: SegmentClientError.self) { _ = try client.attach("a") }
                    try expectSquatted(client)
                    _ = try client.reloadConfiguration()
                    try client.remove("a", when: .immediately)
                    try expectSquatted(client)
                }
                #expect(try client.attach("a").byteCount == 4096)
            }
        }

        /// Records that name a foreign segment: as such, as the broker's own, and under an undeclared name.
        @Test(arguments: [("a", Stranger.userID), ("a", 0), ("c", Stranger.userID), ("c", 0)])
        func `a forged record does not make a foreign segment the broker's`(
            name: String,
            creator: UInt32
        ) throws {
            try DaemonFixture.with(Self.files) { daemon in
                let made = try #require(try daemon.client().segment(named: "a").identifier)
                daemon.kill()
                try LinuxKernel().remove(made)
                try withSquatter { identifier in
                    try DaemonFixture.write(
                        "segmentd-record 1\nname \(name)\nkey 0x0000beef\nsize 4096\ncreator \(creator)\n"
                            + "identifier \(identifier)\nend\n",
                        to: "\(daemon.state)/\(name).record"
                    )
                    try daemon.start()
                    try expectSquatted(try daemon.client())
                    #expect(try daemon.client().segments().map(\.name.string) == ["a", "b"])
                }
            }
        }

        @Test(arguments: ["ln -s", "ln"])
        func `replacing a key file with a link to another's changes no key`(link: String) throws {
            try DaemonFixture.with(["segments.d/b.toml": "size = 4096"]) { daemon in
                let file = "\(daemon.directory)/open/file"
                system(
                    "mkdir '\(daemon.directory)/open'; touch '\(file)'; chown -R 64011 '\(daemon.directory)/open'"
                )
                try daemon.write(
                    "size = 1\nmode = \"0666\"\n[key]\npath = \"\(file)\"",
                    to: "segments.d/a.toml"
                )
                let client = try daemon.client()
                _ = try client.reloadConfiguration()
                let before = try client.segments()
                #expect(before.map(\.state) == [.ready, .ready])
                // Protected hard links may prevent another user's link, so create it here.
                unlink(file)
                system("\(link) '\(daemon.segmentFiles)/b.toml' '\(file)'")
                _ = try client.reloadConfiguration()
                daemon.kill()
                try daemon.start()
                let after = try daemon.client().segments()
                #expect(after.map(\.key) == before.map(\.key))
                #expect(after.map(\.identifier) == before.map(\.identifier))
                #expect(after[0].problems.map(\.kind) == [.keyMoved])
                #expect(after[1].state == .ready)
                try daemon.client().remove("a")
                #expect(throws: SegmentClientError.self) { _ = try daemon.client().attach("a") }
                #expect(try daemon.client().segment(named: "a").problems.map(\.kind) == [.keyCollision])
                #expect(try daemon.client().segment(named: "b").identifier == before[1].identifier)
            }
        }
    }
}
