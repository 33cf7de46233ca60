import Segments
import SystemPackage

/// Writes what segment-writer has written into a segment to standard output.
///
///     segment-reader NAME > FILE
@main
enum SegmentReader {
    static func main() throws {
        guard CommandLine.arguments.count == 2, let name = SegmentName(CommandLine.arguments[1]) else {
            print("usage: segment-reader NAME")
            return
        }
        let broker = try SegmentClient()
        try broker.withSegment(name, access: .readOnly) { segment in
            let length = segment.atomic(UInt64.self, at: 0).load(ordering: .acquiring)
            try segment.withBytes { memory in
                // Shared memory is untrusted input.
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
