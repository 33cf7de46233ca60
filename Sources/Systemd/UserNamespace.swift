import POSIX
import SystemPackage

/// What a user namespace shows of users outside; user_namespaces(7).
package enum UserNamespace {
    /// Whether this process's user namespace hides all other users; false if unknown.
    package static var isHidingUsers: Bool {
        hidesUsers(String(decoding: (try? FilePath("/proc/self/uid_map").contents()) ?? [], as: UTF8.self))
    }

    /// Returns whether /proc/self/uid_map maps at most root and one other user, as systemd's `PrivateUsers=`
    /// does.
    ///
    /// All others appear as the overflow uid, so clients cannot be distinguished. A container maps thousands.
    package static func hidesUsers(_ map: String) -> Bool {
        let counts = map.split(separator: "\n").map { line in
            line.split(separator: " ").last.flatMap { UInt64($0) } ?? .max
        }
        return !counts.isEmpty && counts.count <= 2 && counts.allSatisfy { $0 == 1 }
    }
}
