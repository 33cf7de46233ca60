import SegmentClient
import SegmentExchange
import SegmentTestSupport

/// Values published in one segment and read from another, with another process at work.
final class MemoryExchange {
    private var writer: Latest<Sample>.Writer
    private var reader: Latest<Sample>.Reader
    private let partner: ChildProcess
    private var value = Sample()

    /// `begun` is called once the other process has been started.
    init(
        _ work: LatestPartner.Work,
        in directory: WorkingDirectory,
        _ begun: () throws -> Void = {}
    ) throws {
        let client = try SegmentClient(socket: directory.brokerSocket)
        writer = try Latest.Writer(try client.attach("segment-0"))
        reader = try Latest.Reader(try client.attach("segment-1"))
        partner = try ChildProcess(
            [CommandLine.arguments[0], "latest-partner", directory.brokerSocket, work.rawValue]
        )
        try begun()
        if work == .read { return }
        // It is there once something comes from it.
        while try reader.next(timeLimit: .milliseconds(1)) == nil { try publish() }
    }

    func publish() throws {
        value &+= 1
        try writer.publish(value)
    }

    func read() throws {
        if let value = try reader.value() { self.value = value }
    }

    /// A value there, and the same back.
    func handOver() throws {
        try publish()
        while let answer = try reader.next(timeLimit: .seconds(5)) {
            if answer == value { return }
        }
        throw BenchmarkError.noReply(from: "the other process")
    }
}
