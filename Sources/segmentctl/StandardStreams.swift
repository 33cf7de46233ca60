import POSIX
import PrintableText
import Segments
import SystemPackage

/// Copies bytes between a segment and the standard streams without a buffer: the kernel reads and writes the
/// segment.
enum StandardStreams {
    /// Reads standard input to its end; more than fits in the segment is an error.
    ///
    /// A regular file that is too long is rejected before anything is written; a pipe is read until the
    /// segment is full.
    static func fill(_ segment: inout AttachedSegment, from offset: Int) throws {
        let room = segment.byteCount - offset
        if let length = remainingLength(of: .standardInput), length > room {
            throw Failure(
                "standard input has \(counted(length, "byte")), segment \(segment.name) room for \(room)"
            )
        }
        let filled = try segment.withMutableBytes { bytes in
            try unsafe bytes.withUnsafeMutableBytes { bytes in
                var next = offset
                while next < bytes.count {
                    let count = unsafe try read(UnsafeMutableRawBufferPointer(rebasing: bytes[next...]))
                    guard count > 0 else { return false }
                    next += count
                }
                return true
            }
        }
        guard filled else { return }
        var extra: UInt8 = 0
        let hasMore = unsafe try withUnsafeMutableBytes(of: &extra) {
            unsafe try read($0) > 0
        }
        if hasMore {
            throw Failure(
                "standard input has more than \(counted(room, "byte")): segment \(segment.name) is full, the rest is lost"
            )
        }
    }

    static func drain(_ segment: borrowing AttachedSegment, _ range: Range<Int>) throws {
        try segment.withBytes { bytes in
            try unsafe bytes.withUnsafeBytes { bytes in
                unsafe try Output.write(UnsafeRawBufferPointer(rebasing: bytes[range]))
            }
        }
    }

    private static func read(_ buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        do {
            return unsafe try FileDescriptor.standardInput.readPatiently(into: buffer)
        } catch {
            throw Failure("standard input cannot be read: \(error)")
        }
    }

    /// Returns the rest of a file in bytes; nil if it is not a regular file.
    static func remainingLength(of file: FileDescriptor) -> Int? {
        guard let status = try? file.stat(), status.type == .regular,
            let position = try? file.seek(offset: 0, from: .current)
        else { return nil }
        return max(0, Int(status.size) - Int(position))
    }
}
