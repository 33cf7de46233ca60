import Glibc
import Segments
import SegmentModel
import SystemVSharedMemory
import SegmentTestSupport
import Testing

extension RealDaemon {
    /// Attempts of an unprivileged user to keep the daemon from serving others.
    @Suite(.serialized, .enabled(if: Programs.canSwitchUser)) struct AbusiveClientTests {
        private static let segment = ["segments.d/a.toml": "size = 4096\nmode = \"0666\""]

        @Test(
            .resilience("a user sends slowly, too much, or no call"),
            arguments: [
                "slow-senders", "half-closed", "partial-messages", "gibibyte", "long-messages",
                "deep-nesting", "byte-flood",
            ]
        )
        func `clients that send slowly, too much or no calls harm no others`(way: String) throws {
            try DaemonFixture.with(Self.segment) { try FairnessHarness($0).measure(way) }
        }

        @Test(
            .resilience("a user never reads replies or events"),
            arguments: [
                "deaf-subscribers", "deaf-callers", "deaf-viewers", "deaf-listers", "unhearing-callers",
            ]
        )
        func `clients that do not read harm no others`(way: String) throws {
            try DaemonFixture.with(Self.segment) { try FairnessHarness($0).measure(way) }
        }

        @Test(
            .resilience("a user calls as fast as can be, from up to 1,000 connections"),
            arguments: ["pipelining", "many-callers", "leases", "told-leases"]
        )
        func `clients that call as fast as they can harm no others`(way: String) throws {
            try DaemonFixture.with(Self.segment) { try FairnessHarness($0).measure(way) }
        }

        @Test(
            .resilience("a user connects and closes as fast as can be"),
            arguments: ["connector", "connectors", "visitors"]
        )
        func `clients that only connect and close keep no others from connecting`(way: String) throws {
            try DaemonFixture.with(Self.segment) { try FairnessHarness($0).measure(way) }
        }

        @Test(.resilience("a user makes 20,000 connections"))
        func
            `of 20,000 connections, those over the limit get an error, and others are accepted`()
            throws
        {
            try DaemonFixture.with(Self.segment) { try FairnessHarness($0).measure("crowd", exitStatus: 0) }
        }

        @Test(.resilience("a user takes all descriptors"))
        func `with few descriptors, some are left for others and for the broker`() throws {
            try DaemonFixture.with(Self.segment, prefix: ["prlimit", "--nofile=128"]) { daemon in
                try daemon.write("size = 1\nkeep = \"while-used\"", to: "segments.d/b.toml")
                let harness = try FairnessHarness(daemon)
                let abuser = try harness.abusiveClient("stay")
                try harness.expectOthersServed()
                let client = try daemon.client()
                #expect(try client.reloadConfiguration().created == [])
                _ = try client.lease("b", access: .readWrite)
                abuser.signal(SIGKILL)
            }
        }

        @Test(.resilience("children inherit leases by the thousand"))
        func `children that inherit leases keep them, up to the limit of their user, and no longer`()
            throws
        {
            try DaemonFixture.with(Self.segment) { daemon in
                let harness = try FairnessHarness(daemon)
                let abuser = try harness.abusiveClient("fork")
                let client = try daemon.client()
                let limit = ServiceLimits().leasesPerUser
                #expect(try client.daemonStatus().leaseCount == limit)
                #expect(try client.attach("a").byteCount == 4096)
                abuser.signal(SIGKILL)
                abuser.wait()
                usleep(100_000)
                #expect(try client.daemonStatus().leaseCount >= limit, "the children hold them still")
                kill(-abuser.identifier, SIGKILL)
                for _ in 0..<500 where try client.daemonStatus().leaseCount > 1 { usleep(10_000) }
                #expect(try client.daemonStatus().leaseCount <= 1)
            }
        }
    }
}
