import Glibc
import SegmentClient
import SegmentExchange
import SystemPackage

/// A file through a stream, to `segmentctl receive`.
enum StreamTransfer {
    /// From when both sides are there to when everything has arrived, in ns.
    static func run(_ files: TransferFiles, in directory: WorkingDirectory) throws -> UInt64 {
        let receiver = try Child(
            [
                WorkingDirectory.program("segmentctl"), "--socket", directory.brokerSocket, "receive",
                "segment-0",
            ],
            output: files.target
        )
        let source = try FileDescriptor.open(FilePath(files.source), .readOnly)
        defer { try? source.close() }
        let client = try SegmentClient(socket: directory.brokerSocket)
        var writer = try StreamWriter(try client.attach("segment-0"), timeLimit: .seconds(10))
        let start = Moment.now
        _ = try writer.writeAll(from: source)
        try writer.finish()
        let time = Moment.now - start
        try receiver.expectSuccess()
        return time
    }
}
