import Glibc
import Segments
import SegmentModel
import SystemVSharedMemory
import SegmentTestSupport
import Testing

extension RealDaemon {
    /// What a user without rights may try to keep the daemon from serving others.
    @Suite(.serialized, .enabled(if: Programs.canSwitchUser)) struct EnemyTests {
        private static let segment = ["segments.d/a.toml": "size = 4096\nmode = \"0666\""]

        @Test(
            .resilience("a user sends slowly, too much, or no call"),
            arguments: [
                "slow-senders", "half-closed", "partial-messages", "gibibyte", "long-messages",
                "deep-nesting", "byte-flood",
            ]
        )
        func `who sends slowly, too much or no call, harms nobody else`(way: String) throws {
            try DaemonFixture.with(Self.segment) { try Siege($0).withstand(way) }
        }

        @Test(
            .resilience("a user never reads replies or events"),
            arguments: [
                "deaf-subscribers", "deaf-callers", "deaf-viewers", "deaf-listers", "unhearing-callers",
            ]
        )
        func `who does not read harms nobody else`(way: String) throws {
            try DaemonFixture.with(Self.segment) { try Siege($0).withstand(way) }
        }

        @Test(
            .resilience("a user calls as fast as can be, from up to 1,000 connections"),
            arguments: ["pipelining", "many-callers", "leases", "told-leases"]
        )
        func `who calls as fast as can be harms nobody else`(way: String) throws {
            try DaemonFixture.with(Self.segment) { try Siege($0).withstand(way) }
        }

        @Test(
            .resilience("a user connects and closes as fast as can be"),
            arguments: ["connector", "connectors", "visitors"]
        )
        func `who only comes and goes keeps nobody from coming`(way: String) throws {
            try DaemonFixture.with(Self.segment) { try Siege($0).withstand(way) }
        }

        @Test(.resilience("a user makes 20,000 connections"))
        func `of 20,000 connections those over the limit are told so, and others are let in`() throws {
            try DaemonFixture.with(Self.segment) { try Siege($0).withstand("crowd", exitStatus: 0) }
        }

        @Test(.resilience("a user takes all descriptors"))
        func `where descriptors are few, some are left for others and for the broker itself`() throws {
            try DaemonFixture.with(Self.segment, prefix: ["prlimit", "--nofile=128"]) { daemon in
                try daemon.write("size = 1\nkeep = \"while-used\"", to: "segments.d/b.toml")
                let siege = try Siege(daemon)
                let enemy = try siege.enemy("stay")
                try siege.expectOthersServed()
                let client = try daemon.client()
                #expect(try client.reloadConfiguration().created == [])
                _ = try client.lease("b", access: .readWrite)
                enemy.signal(SIGKILL)
            }
        }

        @Test(.resilience("children inherit leases by the thousand"))
        func `children that inherit leases keep them, up to the limit of their user, and no longer`()
            throws
        {
            try DaemonFixture.with(Self.segment) { daemon in
                let siege = try Siege(daemon)
                let enemy = try siege.enemy("fork")
                let client = try daemon.client()
                let limit = ServiceLimits().leasesPerUser
                #expect(try client.daemonStatus().leaseCount == limit)
                #expect(try client.attach("a").byteCount == 4096)
                enemy.signal(SIGKILL)
                enemy.wait()
                usleep(100_000)
                #expect(try client.daemonStatus().leaseCount >= limit, "the children hold them still")
                kill(-enemy.identifier, SIGKILL)
                for _ in 0..<500 where try client.daemonStatus().leaseCount > 1 { usleep(10_000) }
                #expect(try client.daemonStatus().leaseCount <= 1)
            }
        }
    }
}
