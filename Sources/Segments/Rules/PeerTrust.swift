/// Decides which broker a client trusts, by the user ID of the listening process (SO_PEERCRED of unix(7)).
///
/// Root and the client's own user are trusted, and a user that the program or its user names explicitly. The overflow
/// user ID stands for every user without an ID in this user namespace, strangers included; user_namespaces(7). It is
/// never the client's own, and is trusted only at a socket that was given explicitly and that no other user can have
/// put there.
struct PeerTrust: Equatable {
    var ownUserID: UInt32
    /// What users without an ID in this namespace are shown as.
    var overflowUserIDs: Set<UInt32>
    var trustedUserID: UInt32?
    /// Whether the socket was given explicitly, rather than looked for at the default places.
    var socketIsNamed: Bool

    enum Verdict: Equatable {
        case trusted
        /// Trusted only if no other user can write the directories above the socket.
        case trustedIfGuarded
        case distrusted(Distrust)
    }

    func verdict(on peerUserID: UInt32) -> Verdict {
        if peerUserID == 0 { return .trusted }
        if overflowUserIDs.contains(peerUserID) {
            guard trustedUserID == peerUserID else { return .distrusted(.unmapped) }
            return socketIsNamed ? .trustedIfGuarded : .distrusted(.socketNotNamed)
        }
        return peerUserID == ownUserID || peerUserID == trustedUserID ? .trusted : .distrusted(.stranger)
    }

    /// Parses a user ID as in `$SEGMENTD_TRUSTED_UID`; the largest number is no user's.
    static func userID(_ text: String) -> UInt32? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt32(text), number != .max
        else { return nil }
        return number
    }
}

/// Why a broker is not trusted.
package enum Distrust: Equatable, Sendable {
    /// It belongs neither to root, nor to the client's own user, nor to the trusted user.
    case stranger
    /// Its user has no ID in this user namespace, and is not trusted explicitly.
    case unmapped
    /// Its user has no ID and is trusted, but the socket was not given explicitly.
    case socketNotNamed
    /// Its user has no ID and is trusted, but others can write a directory above the socket.
    case directoryNotGuarded(path: String, reason: String)
    /// `$SEGMENTD_TRUSTED_UID` is not a user ID.
    case variableInvalid(value: String)
}

extension Distrust {
    /// The reason and the remedy, for people.
    func text(socket: String, userID: UInt32, ownUserID: UInt32) -> String {
        let unmapped =
            "the process that listens at \(socket) appears as user \(userID), like every user without "
            + "an ID in this user namespace (you are user \(ownUserID)): not accepted"
        let remedy =
            "trust it with SEGMENTD_TRUSTED_UID=\(userID) "
            + "(segmentctl: --trust \(userID), Swift: trustedUserID: \(userID))"
        let place =
            "a socket given explicitly, in $SEGMENTD_SOCKET or by the program (segmentctl: --socket), "
            + "in a directory that others cannot write"
        return switch self {
        case .stranger:
            "the process that listens at \(socket) belongs to user \(userID), neither root nor yourself "
                + "(user \(ownUserID)): not accepted; if it is the right broker, \(remedy)"
        case .unmapped: "\(unmapped); if the broker is the host's, \(remedy), with \(place)"
        case .socketNotNamed: "\(unmapped), although user \(userID) is trusted: that requires \(place)"
        case .directoryNotGuarded(let path, let reason):
            "\(unmapped), although user \(userID) is trusted: \(path) \(reason); that requires \(place)"
        case .variableInvalid(let value):
            "$SEGMENTD_TRUSTED_UID is \"\(value)\", which is not a user ID (`id -u` shows one): the process that "
                + "listens at \(socket), of user \(userID), is not accepted"
        }
    }
}
