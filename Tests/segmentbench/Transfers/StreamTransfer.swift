import Glibc
import SegmentClient
import SegmentExchange
import SegmentTestSupport
import SystemPackage

/// A file through a stream, to `segmentctl receive`.
enum StreamTransfer {
    /// From when both sides are there to when everything has arrived, in ns.
    static func run(_ files: TransferFiles, in directory: WorkingDirectory) throws -> UInt64 {
        // Over what is there.
        let target = try FileDescriptor.open(FilePath(files.target), .writeOnly)
        defer { try? target.close() }
        let receiver = try ChildProcess(
            [Programs.path("segmentctl"), "--socket", directory.brokerSocket, "receive", "segment-0"],
            output: target.rawValue
        )
        let source = try FileDescriptor.open(FilePath(files.source), .readOnly)
        defer { try? source.close() }
        let client = try SegmentClient(socket: directory.brokerSocket)
        var writer = try StreamWriter(try client.attach("segment-0"), timeLimit: .seconds(10))
        let start = Moment.now
        _ = try writer.writeAll(from: source)
        try writer.finish()
        let time = Moment.now - start
        guard receiver.wait() == 0 else { throw BenchmarkError.refused("segmentctl receive failed") }
        return time
    }
}
