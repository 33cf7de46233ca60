import POSIX
import SystemPackage

/// What a user namespace tells of the users outside; user_namespaces(7).
package enum UserNamespace {
    /// Whether this process's hides everybody else; not where the kernel does not tell.
    package static var isHidingUsers: Bool {
        hidesUsers(String(decoding: (try? FilePath("/proc/self/uid_map").contents()) ?? [], as: UTF8.self))
    }

    /// Whether /proc/self/uid_map shows root and one more user at most, as systemd's `PrivateUsers=` has it.
    ///
    /// Everybody else is the overflow uid then: no client can be told from another. A container maps thousands.
    package static func hidesUsers(_ map: String) -> Bool {
        let counts = map.split(separator: "\n").map { line in
            line.split(separator: " ").last.flatMap { UInt64($0) } ?? .max
        }
        return !counts.isEmpty && counts.count <= 2 && counts.allSatisfy { $0 == 1 }
    }
}
