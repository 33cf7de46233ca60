import Glibc
import Segments
import SegmentExchange
import SegmentTestSupport
import Testing

extension RealDaemon {
    /// One side is killed at a random moment; the test's own side must report it soon and not take the stream
    /// for complete.
    @Suite(.serialized) struct StreamDeathTests {
        private static let kills = Sanitizer.tries(500, sanitized: 20)
        /// More than any stream transfers before it is killed.
        private static let endless = 1 << 30

        /// How and when a stream ended on this side.
        private struct End {
            let error: ExchangeError?
            let moment: ContinuousClock.Instant
        }

        @Test func `a writer's kill -9 is reported to the reader within 200 ms`() throws {
            try withEachKill(of: "write") { segment, bound in
                var reader = try SegmentStreamReader.open(segment, timeout: .seconds(10))
                bound()
                var buffer = [UInt8](repeating: 0, count: 9000)
                return Self.end { () throws(ExchangeError) in
                    while true {
                        let position = reader.offset
                        var span = buffer.mutableSpan
                        var bytes = span.mutableBytes
                        let count = try reader.read(into: &bytes)
                        guard count > 0 else { return }
                        #expect(StreamPattern.matches(buffer[..<count], at: position))
                    }
                }
            }
        }

        @Test func `a reader's kill -9 is reported to the writer within 200 ms`() throws {
            try withEachKill(of: "read") { segment, bound in
                var writer = try SegmentStreamWriter.open(segment, timeout: .seconds(10))
                bound()
                return Self.end { () throws(ExchangeError) in
                    while true {
                        let count = Int.random(in: 1...9000)
                        try writer.write(StreamPattern.bytes(at: writer.offset, count: count).span.bytes)
                    }
                }
            }
        }

        private static func end(_ stream: () throws(ExchangeError) -> Void) -> End {
            do throws(ExchangeError) {
                try stream()
                return End(error: nil, moment: .now)
            } catch {
                return End(error: error, moment: .now)
            }
        }

        /// Starts the other side, kills it after a random time, and checks what this side reports.
        private func withEachKill(
            of side: String,
            _ stream: (consuming AttachedSegment, _ bound: () -> Void) throws -> End
        ) throws {
            try DaemonFixture.with(["segments.d/a.toml": "size = \"64 KiB\""]) { daemon in
                let client = try daemon.client()
                // Created now, not after the first kill.
                _ = StreamPattern.bytes(at: 0, count: 1)
                var slowest = Duration.zero
                for _ in 0..<Self.kills {
                    let peer = try ChildProcess(
                        [
                            Programs.path("stream-peer"), side, "a", "\(Self.endless)",
                            "\(Int.random(in: 1...9000))",
                        ],
                        environment: ["SEGMENTD_SOCKET": daemon.socket]
                    )
                    let bound = Latch()
                    let killer = Thread {
                        bound.wait()
                        usleep(.random(in: 0...10_000))
                        peer.signal(SIGKILL)
                        // The moment the kernel reports the death to this thread; other work delays both
                        // sides alike.
                        peer.wait()
                        return ContinuousClock.now
                    }
                    let end = try stream(try client.attach("a")) { bound.raise() }
                    let killed = try killer.value()
                    #expect(end.error == .peerDied(processID: peer.identifier))
                    slowest = max(slowest, end.moment - killed)
                }
                #expect(slowest < Sanitizer.limit(.milliseconds(200)))
                Resilience.record(
                    "kill -9 of a side of a stream, told within 200 ms",
                    tries: Self.kills,
                    test: "StreamDeathTests"
                )
                print("\(Self.kills) kills of the side that \(side)s, told after \(slowest) at most")
            }
        }
    }
}
