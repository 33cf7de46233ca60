/// The user number that everybody is shown as who has none in this user namespace; user_namespaces(7).
///
/// Two who show it may be two users, so that it is nobody's own: not the daemon's either where that runs as it.
package enum OverflowUser {
    package static let number: UInt32 = 65534

    /// Whether a peer is this very user, and not only shown alike.
    package static func isSame(_ peer: UInt32, _ user: UInt32) -> Bool { peer == user && peer != number }
}
