import Glibc
package import SystemPackage

package struct UserAccount: Equatable, Sendable {
    package var name: String
    package var userID: UInt32
    /// The primary group.
    package var groupID: UInt32
}

extension UserAccount {
    fileprivate init(_ entry: passwd) {
        unsafe self.init(name: String(cString: entry.pw_name), userID: entry.pw_uid, groupID: entry.pw_gid)
    }
}

package struct UserGroup: Equatable, Sendable {
    package var name: String
    package var groupID: UInt32
    package var members: [String]
}

extension UserGroup {
    fileprivate init(_ entry: Glibc.group) {
        unsafe self.init(name: String(cString: entry.gr_name), groupID: entry.gr_gid, members: [])
        var next = unsafe entry.gr_mem
        while let name = unsafe next?.pointee {
            unsafe members.append(String(cString: name))
            unsafe next? += 1
        }
    }
}

/// The users and groups of this host; any lookup may block indefinitely; nsswitch.conf(5).
package enum NameService {
    /// Looks up a user; nil if there is none or the lookup failed.
    package static func user(_ userID: UInt32) -> UserAccount? {
        unsafe try? user { unsafe getpwuid_r(userID, &$0, &$1, $1.count, &$2) }
    }

    package static func user(named name: String) -> UserAccount? {
        unsafe try? user { unsafe getpwnam_r(name, &$0, &$1, $1.count, &$2) }
    }

    /// Returns all listed users; nil if any could not be read.
    ///
    /// Only one thread may call this.
    package static func users() -> [UserAccount]? {
        var accounts: [UserAccount] = []
        setpwent()
        defer { endpwent() }
        do throws(Errno) {
            while let account = unsafe try user({ unsafe getpwent_r(&$0, &$1, $1.count, &$2) }) {
                accounts.append(account)
            }
            return accounts
        } catch {
            return nil
        }
    }

    package static func group(_ groupID: UInt32) -> UserGroup? {
        unsafe try? group { unsafe getgrgid_r(groupID, &$0, &$1, $1.count, &$2) }
    }

    /// Looks up a group; nil if there is none, and throws if the lookup failed.
    package static func group(named name: String) throws(Errno) -> UserGroup? {
        unsafe try group { unsafe getgrnam_r(name, &$0, &$1, $1.count, &$2) }
    }

    private typealias Question<Entry> = (inout Entry, inout [CChar], inout UnsafeMutablePointer<Entry>?) ->
        Int32

    private static func user(_ question: Question<passwd>) throws(Errno) -> UserAccount? {
        unsafe try answer(passwd(), question) { unsafe UserAccount($0) }
    }

    private static func group(_ question: Question<Glibc.group>) throws(Errno) -> UserGroup? {
        unsafe try answer(Glibc.group(), question) { unsafe UserGroup($0) }
    }

    /// Makes a lookup with a buffer grown until the entry fits.
    private static func answer<Entry, Answer>(
        _ empty: Entry,
        _ question: Question<Entry>,
        _ read: (Entry) -> Answer
    ) throws(Errno) -> Answer? {
        var entry = empty
        var room = [CChar](repeating: 0, count: 1024)
        while true {
            var found: UnsafeMutablePointer<Entry>?
            let error = unsafe question(&entry, &room, &found)
            if error == ERANGE, room.count < 1 << 24 {
                room = [CChar](repeating: 0, count: room.count * 4)
                continue
            }
            if unsafe found != nil { return read(entry) }
            // Several errors are documented as meaning that there is no such entry.
            guard [0, ENOENT, ESRCH, EBADF, EPERM].contains(error) else { throw Errno(rawValue: error) }
            return nil
        }
    }
}
