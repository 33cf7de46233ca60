import Glibc
import Segments
import SegmentTestSupport
import SystemPackage
import Testing

@testable import SegmentExchange

extension RealDaemon {
    /// A program may end while its process continues, by execve(2), and a segment while it is still attached.
    @Suite(.serialized) struct StreamSuccessionTests {
        private static let files = ["segments.d/a.toml": "size = \"64 KiB\"\nmode = \"0666\""]
        /// The limit for something that takes a tenth of a second.
        private static let limit = Sanitizer.limit(.seconds(5))

        private func peer(_ side: String, _ daemon: DaemonFixture, delay: Int) throws -> ChildProcess {
            try ChildProcess(
                [Programs.path("stream-peer"), side, "a", "1", "1", "\(delay)", "become"],
                environment: ["SEGMENTD_SOCKET": daemon.socket],
                errors: "\(daemon.directory)/log"
            )
        }

        private func awaitProgram(_ name: String, _ process: ChildProcess) throws {
            for _ in 0..<5000 {
                if try Programs.run("cat /proc/\(process.identifier)/comm").output == name + "\n" { return }
                usleep(1000)
            }
            Issue.record("\(process.identifier) did not become \(name)")
        }

        @Test(arguments: [StreamRole.writer, .reader])
        func `a peer that executes another program has ended, and its side is free`(_ role: StreamRole) throws
        {
            try DaemonFixture.with(Self.files) { daemon in
                let client = try daemon.client()
                let process = try peer(role == .writer ? "write" : "read", daemon, delay: 300)
                let error: ExchangeError? = try Thread {
                    do throws(ExchangeError) {
                        switch role {
                        case .writer:
                            var reader = try SegmentStreamReader.open(
                                try! client.attach("a"),
                                timeout: .seconds(10)
                            )
                            _ = try reader.copy(to: .standardOutput)
                        case .reader:
                            var writer = try SegmentStreamWriter.open(
                                try! client.attach("a"),
                                timeout: .seconds(10)
                            )
                            let bytes = [UInt8](repeating: 1, count: 100_000)
                            try writer.write(bytes.span.bytes)
                        }
                        return nil
                    } catch {
                        return error
                    }
                }.value(timeLimit: Self.limit)
                #expect(error == .peerDied(processID: process.identifier))
                try awaitProgram("sleep", process)
                let writer = Thread {
                    try SegmentStreamWriter.open(try client.attach("a"), timeout: Self.limit).finish()
                }
                var reader = try SegmentStreamReader.open(try client.attach("a"), timeout: Self.limit)
                #expect(try reader.copy(to: .standardOutput) == 0)
                try writer.value()
                #expect(process.exitStatus == nil)
            }
        }

        @Test(arguments: ["write", "read"])
        func `a side whose program ends while waiting for a peer is free`(_ side: String) throws {
            try DaemonFixture.with(Self.files) { daemon in
                let client = try daemon.client()
                let process = try peer(side, daemon, delay: 300)
                try awaitProgram("sleep", process)
                let writer = Thread {
                    try SegmentStreamWriter.open(try client.attach("a"), timeout: Self.limit).finish()
                }
                var reader = try SegmentStreamReader.open(try client.attach("a"), timeout: Self.limit)
                #expect(try reader.copy(to: .standardOutput) == 0)
                try writer.value()
            }
        }

        @Test func `a publisher that executes another program lets the next one publish`() throws {
            try DaemonFixture.with(Self.files) { daemon in
                let client = try daemon.client()
                let process = try peer("publish", daemon, delay: 300)
                var reader = try LatestValue<Int>.Subscriber(try client.attach("a"))
                #expect(try reader.next(timeout: Self.limit) == 1)
                #expect(throws: ExchangeError.sideInUse(processID: process.identifier)) {
                    _ = try LatestValue<Int>.Publisher(try client.attach("a"))
                }
                try awaitProgram("sleep", process)
                var writer = try LatestValue<Int>.Publisher(try client.attach("a"))
                try writer.publish(2)
                #expect(try reader.next(timeout: Self.limit) == 2)
            }
        }

        /// An operation that waits in a segment, which is then marked for removal.
        enum Wait: CaseIterable {
            case writerAlone, readerAlone, nextValue, nextValueReadOnly, firstValue, bytes, room, end, input

            func run(_ client: SegmentClient, _ begun: Latch) throws {
                switch self {
                case .writerAlone:
                    begun.raise()
                    _ = try SegmentStreamWriter.open(try client.attach("a"))
                case .readerAlone:
                    begun.raise()
                    _ = try SegmentStreamReader.open(try client.attach("a"))
                case .nextValue, .nextValueReadOnly, .firstValue:
                    if self != .firstValue {
                        var writer = try LatestValue<Int>.Publisher(try client.attach("a"))
                        try writer.publish(1)
                    }
                    let access: Access = self == .nextValueReadOnly ? .readOnly : .readWrite
                    var reader = try LatestValue<Int>.Subscriber(try client.attach("a", access: access))
                    _ = try reader.value()
                    begun.raise()
                    _ = try reader.next()
                case .bytes:
                    var reader = try SegmentStreamReader.open(try client.attach("a"), timeout: .seconds(10))
                    begun.raise()
                    _ = try reader.copy(to: .standardOutput)
                case .room, .end, .input:
                    var writer = try SegmentStreamWriter.open(try client.attach("a"), timeout: .seconds(10))
                    begun.raise()
                    let (input, output) = try FileDescriptor.pipe()
                    defer { try? input.close(); try? output.close() }
                    if self == .input { _ = try writer.copy(from: input) }
                    let count = self == .room ? 100_000 : 1
                    try writer.write([UInt8](repeating: 1, count: count).span.bytes)
                    try writer.finish()
                }
            }

            /// The other side, which does nothing.
            var partner: StreamRole? {
                switch self {
                case .bytes: .writer
                case .room, .end, .input: .reader
                default: nil
                }
            }
        }

        @Test(arguments: Wait.allCases)
        func `a wait in a removed segment ends with an error`(_ wait: Wait) throws {
            try DaemonFixture.with(Self.files) { daemon in
                let client = try daemon.client()
                let identifier = try client.attach("a").identifier
                let begun = Latch(), over = Latch()
                let partner = wait.partner.map { role in
                    Thread {
                        switch role {
                        case .writer:
                            let writer = try SegmentStreamWriter.open(
                                try client.attach("a"),
                                timeout: .seconds(10)
                            )
                            over.wait()
                            _ = writer.position
                        case .reader:
                            let reader = try SegmentStreamReader.open(
                                try client.attach("a"),
                                timeout: .seconds(10)
                            )
                            over.wait()
                            _ = reader.position
                        }
                    }
                }
                let waiting = Thread { try wait.run(client, begun) }
                begun.wait()
                usleep(50_000)
                #expect(shmctl(identifier.rawValue, IPC_RMID, nil) == 0)
                #expect(throws: ExchangeError.segmentRemoved) { try waiting.value(timeLimit: Self.limit) }
                over.raise()
                try partner?.value()
            }
        }
    }
}
