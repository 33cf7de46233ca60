import Glibc
package import SegmentModel

extension GroupTable {
    /// Asks the name service for a group, by name or by number; getgrnam_r(3).
    ///
    /// It may take for ever.
    @Sendable package static func lookUp(_ group: String) -> GroupLookup {
        if let number = UInt32(group) { return .found(number) }
        var room = [CChar](repeating: 0, count: 1024)
        while true {
            var entry = unsafe Glibc.group()
            var found: UnsafeMutablePointer<Glibc.group>?
            let error = unsafe getgrnam_r(group, &entry, &room, room.count, &found)
            if error == ERANGE, room.count < 1 << 24 {
                room = [CChar](repeating: 0, count: room.count * 4)
                continue
            }
            // Several errors are documented to mean no more than that there is no such group.
            if unsafe found != nil { return unsafe .found(entry.gr_gid) }
            return [0, ENOENT, ESRCH, EBADF, EPERM].contains(error) ? .unknown : .failed(error)
        }
    }
}
