import Glibc
import Segments
import SegmentModel
import SegmentTestSupport
import SystemVSharedMemory
import Testing

extension RealDaemon {
    /// Whoever the daemon writes to may stop reading, and nobody else notices.
    @Suite(
        .serialized,
        .enabled(if: Programs.works("unshare --mount mount -t tmpfs tmpfs /run"), "a /run of its own")
    )
    struct OutsideWorldTests {
        @Test(
            .resilience("journal, standard error or service manager does not read"),
            arguments: HeldWorld.allCases,
            [true, false]
        )
        func `a reader that does not read holds up neither start, service nor stop`(
            world: HeldWorld,
            fromTheStart: Bool
        ) throws {
            try HeldDaemon.with(world, held: fromTheStart) { daemon, reader in
                let client = try daemon.client()
                if !fromTheStart { try reader.fill() }
                for _ in 0..<50 { try daemon.acquire(client) }
                try client.reloadConfiguration()
                try daemon.acquire(client)
                try daemon.expectEnd(SIGTERM)
            }
        }

        @Test(arguments: [HeldWorld.journal, HeldWorld.standardError])
        func `log lines that found no room are counted and told of`(world: HeldWorld) throws {
            try HeldDaemon.with(world, held: true) { daemon, reader in
                let client = try daemon.client()
                let lines = (0..<90).map { "unknown\($0) = 0\n" }.joined()
                try daemon.write("size = 1\n\(lines)", to: "segments.d/bad.toml")
                for _ in 0..<60 {
                    #expect(throws: SegmentClientError.self) { try client.reloadConfiguration() }
                }
                #expect(reader.reads("log lines were lost"))
                try daemon.expectEnd(SIGTERM)
            }
        }

        @Test(arguments: HeldWorld.allCases)
        func `a refused start ends although nobody reads why`(world: HeldWorld) throws {
            try HeldDaemon.with(world, held: true, files: ["segments.d/bad.toml": "size = 0"], awaits: false)
            {
                daemon,
                _ in
                try daemon.expectEnd(nil, exitStatus: 8)
            }
        }

        @Test func `a state that the service manager had no room for is told once it reads`() throws {
            try HeldDaemon.with(.notify, held: true) { daemon, reader in
                try daemon.acquire(try daemon.client())
                #expect(reader.reads("READY=1\nSTATUS=Serving"))
                try daemon.expectEnd(SIGTERM)
                #expect(reader.reads("STOPPING=1", within: 0))
            }
        }

        @Test func `standard error that nobody reads any more costs the log, not the daemon`() throws {
            try DaemonFixture.with(prefix: ["bash", "-c", "exec 2> >(true); sleep 0.2; exec \"$@\"", "bash"])
            { _ in }
        }
    }
}
