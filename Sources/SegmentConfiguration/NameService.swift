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

extension PrivateGroup {
    /// The private group of a user; nil where there is none.
    ///
    /// It may take long: getpwuid_r(3), getgrgid_r(3), getpwent_r(3).
    static func lookUp(userID: UInt32) -> UInt32? {
        guard userID != 0, let user = account(userID), let group = group(user.groupID),
            let accounts = accounts(), isPrivate(group, of: user, among: accounts)
        else { return nil }
        return group.groupID
    }

    private static func account(_ userID: UInt32) -> Account? {
        var room = room
        var entry = unsafe passwd()
        var found: UnsafeMutablePointer<passwd>?
        guard unsafe getpwuid_r(userID, &entry, &room, room.count, &found) == 0, unsafe found != nil else {
            return nil
        }
        return unsafe Account(entry)
    }

    private static func group(_ groupID: UInt32) -> Group? {
        var room = room
        var entry = unsafe Glibc.group()
        var found: UnsafeMutablePointer<Glibc.group>?
        guard unsafe getgrgid_r(groupID, &entry, &room, room.count, &found) == 0, unsafe found != nil else {
            return nil
        }
        var members: [String] = []
        var next = unsafe entry.gr_mem
        while let name = unsafe next?.pointee {
            unsafe members.append(String(cString: name))
            unsafe next? += 1
        }
        return unsafe Group(name: String(cString: entry.gr_name), groupID: entry.gr_gid, members: members)
    }

    /// Nil where the name service does not tell all of them.
    private static func accounts() -> [Account]? {
        var room = room
        var accounts: [Account] = []
        setpwent()
        defer { endpwent() }
        while true {
            var entry = unsafe passwd()
            var found: UnsafeMutablePointer<passwd>?
            let error = unsafe getpwent_r(&entry, &room, room.count, &found)
            if error == ENOENT { return accounts }
            guard error == 0, unsafe found != nil else { return nil }
            unsafe accounts.append(Account(entry))
        }
    }

    /// More than any entry takes.
    private static var room: [CChar] { [CChar](repeating: 0, count: 1 << 16) }
}

extension PrivateGroup.Account {
    fileprivate init(_ entry: passwd) {
        unsafe self.init(name: String(cString: entry.pw_name), userID: entry.pw_uid, groupID: entry.pw_gid)
    }
}
