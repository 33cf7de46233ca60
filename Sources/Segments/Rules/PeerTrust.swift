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

extension Distrust {
    /// What was found and what to do about it, for people.
    func text(socket: String, userID: UInt32, ownUserID: UInt32) -> String {
        let unmapped =
            "the process that listens at \(socket) shows as user \(userID), as everybody does who has no "
            + "number in this user namespace (you are user \(ownUserID)): not believed"
        let place =
            "the socket given by --socket or $SEGMENTD_SOCKET, in a directory that others cannot write"
        return switch self {
        case .stranger:
            "the process that listens at \(socket) belongs to user \(userID), neither root nor yourself "
                + "(user \(ownUserID)): not believed; if it is the broker that you mean, trust it by --trust \(userID) "
                + "or $SEGMENTD_TRUSTED_UID=\(userID)"
        case .unmapped:
            "\(unmapped); if the broker is the host's, trust it by --trust \(userID) or "
                + "$SEGMENTD_TRUSTED_UID=\(userID), with \(place)"
        case .socketNotNamed: "\(unmapped), although user \(userID) is trusted: that takes \(place)"
        case .directoryNotGuarded(let path, let reason):
            "\(unmapped), although user \(userID) is trusted: \(path) \(reason); that takes \(place)"
        case .variableInvalid(let value):
            "$SEGMENTD_TRUSTED_UID is \"\(value)\", which is no user's number (id -u shows one): the process that "
                + "listens at \(socket), of user \(userID), is not believed"
        }
    }
}
