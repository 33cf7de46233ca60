package import SystemPackage

/// The mount points of file systems, as listed in /proc/PID/mountinfo of proc(5).
package struct MountPoints: Equatable, Sendable {
    /// Longest first: the first one that a path begins with is the one it is on.
    private var paths: [FilePath]

    /// Reads those of this process; empty if /proc does not list them.
    package static var current: MountPoints {
        let text = (try? FilePath("/proc/self/mountinfo").contents()) ?? []
        return MountPoints(mountinfo: String(decoding: text, as: UTF8.self))
    }

    package init(mountinfo text: String) {
        paths = text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            return fields.count > 4 ? FilePath(Self.unescaped(fields[4])) : nil
        }
        paths.sort { $0.string.utf8.count > $1.string.utf8.count }
    }

    package func contains(_ path: FilePath) -> Bool { paths.contains(path) }

    /// Returns the mount point of the file system that a path is on, not following links; nil if none is
    /// listed.
    package func holding(_ path: FilePath) -> FilePath? {
        paths.first { path.starts(with: $0) }
    }

    /// Decodes space, tab, newline and backslash, which are written as a backslash with three octal digits.
    private static func unescaped(_ field: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(field.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.count >= 3,
                let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
            {
                bytes.append(code)
                rest.removeFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
