import Glibc
import SegmentClient
import SystemPackage

/// Bytes between a segment and the standard streams, copied once: the kernel reads and writes the segment itself.
enum StandardStreams {
    /// Reads to the end of standard input; more than the segment has room for is an error.
    ///
    /// A file that is too long is refused before a byte is written; of a pipe the room is filled.
    static func fill(_ segment: inout AttachedSegment, from offset: Int) throws {
        let room = segment.size - offset
        if let length = remainingLength(of: .standardInput), length > room {
            throw Failure("standard input has \(length) bytes, segment \(segment.name) room for \(room)")
        }
        let filled = try segment.withMutableBytes { bytes in
            try unsafe bytes.withUnsafeMutableBytes { bytes in
                var next = offset
                while next < bytes.count {
                    let count = unsafe try FileDescriptor.standardInput.read(
                        into: UnsafeMutableRawBufferPointer(rebasing: bytes[next...])
                    )
                    guard count > 0 else { return false }
                    next += count
                }
                return true
            }
        }
        guard filled else { return }
        var extra: UInt8 = 0
        let hasMore = unsafe try withUnsafeMutableBytes(of: &extra) {
            unsafe try FileDescriptor.standardInput.read(into: $0) > 0
        }
        if hasMore {
            throw Failure(
                "standard input has more than \(room) bytes: segment \(segment.name) is full, the rest is lost"
            )
        }
    }

    static func drain(_ segment: borrowing AttachedSegment, _ range: Range<Int>) throws {
        try segment.withBytes { bytes in
            try unsafe bytes.withUnsafeBytes { bytes in
                _ = unsafe try FileDescriptor.standardOutput.writeAll(bytes[range])
            }
        }
    }

    /// A file to read; `-` is standard input.
    static func input(_ path: String) throws -> FileDescriptor {
        guard path != "-" else { return .standardInput }
        return try open(path, .readOnly, [])
    }

    /// A file to write, which is made where there is none, and left as it is for now; `-` is standard output.
    static func output(_ path: String) throws -> FileDescriptor {
        guard path != "-" else { return .standardOutput }
        return try open(path, .writeOnly, .create)
    }

    /// Only regular files have a length to take away.
    static func empty(_ file: FileDescriptor) {
        if remainingLength(of: file) != nil { try? file.resize(to: 0) }
    }

    private static func open(
        _ path: String,
        _ mode: FileDescriptor.AccessMode,
        _ options: FileDescriptor.OpenOptions
    ) throws -> FileDescriptor {
        do {
            return try FileDescriptor.open(
                FilePath(path),
                mode,
                options: options.union(.closeOnExec),
                permissions: FilePermissions(rawValue: 0o666)
            )
        } catch {
            throw Failure("\(path) cannot be opened: \(error)")
        }
    }

    /// Nil for what is not a regular file.
    static func remainingLength(of file: FileDescriptor) -> Int? {
        var status = stat()
        guard unsafe fstat(file.rawValue, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            let position = try? file.seek(offset: 0, from: .current)
        else { return nil }
        return max(0, Int(status.st_size) - Int(position))
    }
}
