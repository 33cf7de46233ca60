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
