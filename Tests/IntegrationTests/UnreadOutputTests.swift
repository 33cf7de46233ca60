import Glibc
import Segments
import SegmentModel
import SegmentTestSupport
import SystemVSharedMemory
import Testing

extension RealDaemon {
    /// Receivers of the daemon's output may stop reading without affecting anyone else.
    @Suite(
        .serialized,
        .enabled(if: Programs.works("unshare --mount mount -t tmpfs tmpfs /run"), "a /run of its own")
    )
    struct UnreadOutputTests {
        @Test(
            .resilience("journal, standard error or service manager does not read"),
            arguments: HeldOutput.allCases,
            [true, false]
        )
        func `an output that nobody reads delays neither start, service nor stop`(
            output: HeldOutput,
            fromTheStart: Bool
        ) throws {
            try HeldDaemon.with(output, held: fromTheStart) { daemon, reader in
                let client = try daemon.client()
                if !fromTheStart { try reader.fill() }
                for _ in 0..<50 { try daemon.acquire(client) }
                try client.reloadConfiguration()
                try daemon.acquire(client)
                try daemon.expectEnd(SIGTERM)
            }
        }

        @Test(arguments: [HeldOutput.journal, HeldOutput.standardError])
        func `lost log lines are counted and reported`(output: HeldOutput) throws {
            try HeldDaemon.with(output, held: true) { daemon, reader in
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

        @Test(arguments: HeldOutput.allCases)
        func `a failed start ends although nobody reads its log`(output: HeldOutput) throws {
            try HeldDaemon.with(output, held: true, files: ["segments.d/bad.toml": "size = 0"], awaits: false)
            {
                daemon,
                _ in
                try daemon.expectEnd(nil, exitStatus: 8)
            }
        }

        @Test func `a state that the service manager had no room for is sent once it reads`() throws {
            try HeldDaemon.with(.notify, held: true) { daemon, reader in
                try daemon.acquire(try daemon.client())
                #expect(reader.reads("READY=1\nSTATUS=Serving"))
                try daemon.expectEnd(SIGTERM)
                #expect(reader.reads("STOPPING=1", within: 0))
            }
        }

        @Test func `a closed standard error costs the log, not the daemon`() throws {
            try DaemonFixture.with(prefix: ["bash", "-c", "exec 2> >(true); sleep 0.2; exec \"$@\"", "bash"])
            { _ in }
        }
    }
}
