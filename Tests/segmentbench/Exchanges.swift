import ArgumentParser
import Glibc
import Segments
import SegmentExchange
import SegmentTestSupport
import SystemPackage

/// The published value: 64 bytes.
typealias Sample = SIMD8<UInt64>

/// The other process of `latest`; runs until killed.
struct LatestPeer: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "latest-peer", shouldDisplay: false)

    enum Work: String, ExpressibleByArgument {
        case answer, read, publish, count
    }

    @Argument var socket: String
    @Argument var work: Work
    @Argument var readers: UInt64 = 1

    func run() throws {
        let client = try SegmentClient(socket: FilePath(socket))
        switch work {
        case .answer:
            var reader = try LatestValue<Sample>.Subscriber(try client.attach("segment-0"))
            var writer = try LatestValue<Sample>.Publisher(try client.attach("segment-1"))
            while true { try writer.publish(try reader.next()) }
        case .read:
            var reader = try LatestValue<Sample>.Subscriber(try client.attach("segment-0"))
            while true { _ = try reader.value() }
        case .count:
            let answers = try Answers(try client.attach("segment-1"))
            var reader = try LatestValue<Sample>.Subscriber(try client.attach("segment-0"))
            _ = try reader.value()
            answers.isReady()
            while true {
                _ = try reader.next()
                answers.add(of: readers)
            }
        case .publish:
            var writer = try LatestValue<Sample>.Publisher(try client.attach("segment-1"))
            var value = Sample()
            while true {
                value &+= 1
                try writer.publish(value)
            }
        }
    }
}

/// Values published in one segment and read from another, together with another process.
final class MemoryExchange {
    private var writer: LatestValue<Sample>.Publisher
    private var reader: LatestValue<Sample>.Subscriber
    private let partner: ChildProcess
    private var value = Sample()

    /// `begun` is called once the other process has been started.
    init(
        _ work: LatestPeer.Work,
        in directory: WorkingDirectory,
        _ begun: () throws -> Void = {}
    ) throws {
        let client = try SegmentClient(socket: FilePath(directory.brokerSocket))
        writer = try LatestValue.Publisher(try client.attach("segment-0"))
        reader = try LatestValue.Subscriber(try client.attach("segment-1"))
        partner = try ChildProcess(
            [CommandLine.arguments[0], "latest-peer", directory.brokerSocket, work.rawValue]
        )
        try begun()
        if work == .read { return }
        // It is ready once it has published something.
        while try !isAnswered() { try publish() }
    }

    private func isAnswered() throws(ExchangeError) -> Bool {
        do throws(ExchangeError) {
            _ = try reader.next(timeout: .milliseconds(1))
            return true
        } catch {
            guard error == .timedOut else { throw error }
            return false
        }
    }

    func publish() throws {
        value &+= 1
        try writer.publish(value)
    }

    func read() throws {
        if let value = try reader.value() { self.value = value }
    }

    /// Sends a value and receives it back.
    func handOver() throws {
        try publish()
        while try reader.next(timeout: .seconds(5)) != value {}
    }
}

/// Messages of 64 bytes through pipes, with `segmentbench-baselines messages` on the other side.
final class PipeExchange {
    private var to: (read: Int32, write: Int32)
    private var from: (read: Int32, write: Int32)
    private let partner: ChildProcess
    private var message = [UInt8](repeating: 0, count: 64)

    init(_ work: String) throws {
        to = try Self.makePipe()
        from = try Self.makePipe()
        partner = try ChildProcess(
            WorkingDirectory.baselines + ["messages", work],
            input: to.read,
            output: from.write
        )
    }

    deinit {
        for end in [to.read, to.write, from.read, from.write] { close(end) }
    }

    func write() throws {
        guard Glibc.write(to.write, message, message.count) == message.count else {
            throw BenchmarkError.call("write", errno: errno)
        }
    }

    func read() throws {
        guard Glibc.read(from.read, &message, message.count) == message.count else {
            throw BenchmarkError.call("read", errno: errno)
        }
    }

    func handOver() throws {
        try write()
        try read()
    }

    private static func makePipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw BenchmarkError.call("pipe", errno: errno) }
        // The child gets its descriptors by number.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }
}
