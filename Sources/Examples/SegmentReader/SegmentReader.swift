import Segments
import SystemPackage

/// Writes to standard output what segment-writer has put into a segment.
///
///     segment-reader NAME > FILE
@main
enum SegmentReader {
    static func main() throws {
        guard CommandLine.arguments.count == 2 else {
            print("usage: segment-reader NAME")
            return
        }
        let broker = try SegmentClient()
        try broker.withSegment(CommandLine.arguments[1], access: .readOnly) { segment in
            let length = segment.atomic(UInt64.self, at: 0).load(ordering: .acquiring)
            try segment.withBytes { memory in
                // What lies in shared memory is input from a stranger.
                guard let count = Int(exactly: length), count <= memory.byteCount - 8 else {
                    throw NotALength(length: length)
                }
                try memory.withUnsafeBytes { bytes in
                    _ = try FileDescriptor.standardOutput.writeAll(bytes[8..<8 + count])
                }
            }
        }
    }
}

struct NotALength: Error, CustomStringConvertible {
    let length: UInt64

    var description: String { "the segment says that it holds \(length) bytes, more than it has room for" }
}
