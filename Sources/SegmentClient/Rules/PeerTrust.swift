/// Whose broker a client believes, by what SO_PEERCRED shows of the process that listens; unix(7).
///
/// Root and the client's own user are believed, and one that the program or its user trusts on purpose. The overflow
/// user is whoever has no number in this user namespace, strangers included; user_namespaces(7). It is never the
/// client's own, and trusted only behind a socket that was named and that no other user can have put there.
struct PeerTrust: Equatable {
    var ownUserID: UInt32
    /// What users without a number are shown as.
    var overflowUserIDs: Set<UInt32>
    var trustedUserID: UInt32?
    /// Whether the socket was given, and not looked for in the usual places.
    var socketIsNamed: Bool

    enum Verdict: Equatable {
        case believed
        /// Only where the socket's directory is guarded.
        case believedIfGuarded
        case distrusted(Distrust)
    }

    func verdict(on peerUserID: UInt32) -> Verdict {
        if peerUserID == 0 { return .believed }
        if overflowUserIDs.contains(peerUserID) {
            guard trustedUserID == peerUserID else { return .distrusted(.unmapped) }
            return socketIsNamed ? .believedIfGuarded : .distrusted(.socketNotNamed)
        }
        return peerUserID == ownUserID || peerUserID == trustedUserID ? .believed : .distrusted(.stranger)
    }

    /// A user's number as `$SEGMENTD_TRUSTED_UID` has it; the largest one is never a user's.
    static func userID(_ text: String) -> UInt32? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt32(text), number != .max
        else { return nil }
        return number
    }
}

/// Why a broker is not believed.
public enum Distrust: Equatable, Sendable {
    /// It is neither root's nor the client's own user's, nor of the user that is trusted.
    case stranger
    /// Its user has no number in this user namespace, and is not trusted on purpose.
    case unmapped
    /// Its user has no number and is trusted, but the socket was not named.
    case socketNotNamed
    /// Its user has no number and is trusted, but others may write where the socket lies.
    case directoryNotGuarded(path: String, reason: String)
    /// `$SEGMENTD_TRUSTED_UID` has something else than a user's number.
    case variableInvalid(value: String)
}
