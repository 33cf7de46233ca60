import Glibc
import SegmentTestSupport
import SystemVSharedMemory
import Testing

/// Another user of the machine, without privileges or groups.
enum Stranger {
    static let userID: UInt32 = 64011

    /// Runs a shell command as the stranger.
    static func run(_ command: String) throws -> (status: Int32, output: String) {
        try Programs.run(
            "setpriv --reuid=\(userID) --regid=\(userID) --clear-groups -- sh -c '\(command)'"
        )
    }

    /// Creates a segment of this user.
    static func makeSegment(key: SegmentKey, size: Int = 4096) throws -> SegmentIdentifier {
        let result = try run(#"perl -e "print shmget(\#(key.rawValue), \#(size), 01600)""#)
        return SegmentIdentifier(rawValue: try #require(Int32(result.output), "\(result.output)"))
    }

    /// Opens a connection as this user; the kernel remembers the credentials.
    static func connect(_ path: String) throws -> RawConnection {
        let count = getgroups(0, nil)
        var groups = [gid_t](repeating: 0, count: Int(count))
        getgroups(count, &groups)
        setgroups(0, nil)
        setegid(userID)
        seteuid(userID)
        defer {
            seteuid(0)
            setegid(0)
            setgroups(groups.count, groups)
        }
        return try RawConnection(path)
    }
}
