import Segments
import SystemPackage

/// Writes a file, or a line from standard input, into a segment: eight bytes of length, then the bytes.
///
///     segment-writer NAME [FILE]
@main
enum SegmentWriter {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 2 || arguments.count == 3, let name = SegmentName(arguments[1]) else {
            print("usage: segment-writer NAME [FILE]")
            return
        }
        let broker = try SegmentClient()
        try broker.withSegment(name, access: .readWrite) { segment in
            // A reader must not take the new bytes for the old ones.
            _ = segment.atomic(UInt64.self, at: 0).exchange(0, ordering: .acquiringAndReleasing)
            let count =
                arguments.count == 3
                ? try write(file: FilePath(arguments[2]), into: &segment)
                : try writeLine(into: &segment)
            print("wrote \(count) bytes into \(segment.name)")
        }
    }

    /// The kernel copies the file into the segment; no byte passes through this program's own memory.
    private static func write(file path: FilePath, into segment: inout AttachedSegment) throws -> Int {
        let file = try FileDescriptor.open(path, .readOnly)
        defer { try? file.close() }
        let count = try segment.withMutableBytes { memory in
            try memory.withUnsafeMutableBytes { bytes in
                var end = 8
                while end < bytes.count {
                    let room = UnsafeMutableRawBufferPointer(rebasing: bytes[end...])
                    let count = try file.read(into: room)
                    guard count > 0 else { return end - 8 }
                    end += count
                }
                var next: UInt8 = 0
                let isWhole = try withUnsafeMutableBytes(of: &next) { try file.read(into: $0) } == 0
                guard isWhole else { throw TooLong(room: end - 8) }
                return end - 8
            }
        }
        publish(count, in: segment)
        return count
    }

    /// A reader that sees the length also sees the bytes.
    private static func publish(_ count: Int, in segment: borrowing AttachedSegment) {
        segment.atomic(UInt64.self, at: 0).store(UInt64(count), ordering: .releasing)
    }

    private static func writeLine(into segment: inout AttachedSegment) throws -> Int {
        print("Write: ", terminator: "")
        let line = Array((readLine() ?? "").utf8)
        guard line.count <= segment.byteCount - 8 else { throw TooLong(room: segment.byteCount - 8) }
        segment.withMutableBytes { memory in
            for (index, byte) in line.enumerated() {
                memory.storeBytes(of: byte, toByteOffset: 8 + index, as: UInt8.self)
            }
        }
        publish(line.count, in: segment)
        return line.count
    }
}

struct TooLong: Error, CustomStringConvertible {
    let room: Int

    var description: String { "the segment has room for \(room) bytes" }
}
