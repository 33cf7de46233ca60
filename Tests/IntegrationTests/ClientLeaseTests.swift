import Glibc
import Segments
import SegmentModel
import SegmentTestSupport
import Testing

extension RealDaemon {
    /// Leases of a client with several threads, as seen by another client.
    @Suite(.serialized, .resilience("threads attach and detach on one client without end"))
    struct ClientLeaseTests {
        private static let threads = 6

        /// Two seconds, or `$LEASE_SECONDS`.
        private static let time = Duration.seconds(
            getenv("LEASE_SECONDS").flatMap { Int(String(cString: $0)) } ?? 2
        )

        @Test func `threads that attach and detach hold no more leases than segments`() throws {
            try DaemonFixture.with { daemon in
                let client = try daemon.client()
                let isOver = Latch()
                let threads = (0..<Self.threads).map { _ in
                    Thread {
                        var count = 0
                        while !isOver.isRaised {
                            try client.withSegment("a") { _ in }
                            count += 1
                        }
                        return count
                    }
                }
                let observer = try daemon.client()
                let end = ContinuousClock.now + Self.time
                var most = 0
                while ContinuousClock.now < end {
                    most = max(most, try observer.daemonStatus().leaseCount)
                    usleep(500)
                }
                isOver.raise()
                let counts = try threads.map { try $0.value() }
                #expect(most <= Self.threads)
                #expect(counts.allSatisfy { $0 > 0 })
                // The last one releases the rest without another call.
                #expect(try hasNoLeases(daemon))
            }
        }

        @Test func `a detach does not wait for another thread's call`() throws {
            try DaemonFixture.with { daemon in
                let client = try daemon.client(timeout: .seconds(20))
                let box = Box(Holding(try client.attach("a")))
                daemon.process.stopForNow()
                let asking = Thread { try client.daemonStatus().leaseCount }
                usleep(100_000)
                let detaching = Thread { box.value = nil }
                try? detaching.value(timeLimit: .seconds(2))
                #expect(detaching.isOver)
                daemon.process.signal(SIGCONT)
                _ = try asking.value()
                try detaching.value()
                #expect(try hasNoLeases(daemon))
            }
        }

        /// Messages on another connection may be read a moment later.
        private func hasNoLeases(_ daemon: DaemonFixture) throws -> Bool {
            let observer = try daemon.client()
            for _ in 0..<500 where try observer.daemonStatus().leaseCount > 0 { usleep(10_000) }
            return try observer.daemonStatus().leaseCount == 0
        }

        private final class Box: @unchecked Sendable {
            var value: Holding?

            init(_ value: Holding) { self.value = value }
        }
    }
}
