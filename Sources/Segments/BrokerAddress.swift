import POSIX
import SystemPackage
import Varlink

/// Where a broker may listen, and which broker is trusted.
struct BrokerAddress: Sendable {
    /// The sockets in order; the next is tried only if one does not exist.
    private let sockets: [String]
    private let trust: PeerTrust
    /// The value of `$SEGMENTD_TRUSTED_UID` if it is not a user ID.
    private let notANumber: String?

    /// Nil stands for the environment's choice, else the default.
    init(_ socket: String?, trustedUserID: UInt32?) {
        let named = socket ?? ThisProcess.secureVariable("SEGMENTD_SOCKET")
        sockets = named.map { [$0] } ?? Self.usualPlaces
        let trusted = trustedUserID == nil ? ThisProcess.secureVariable("SEGMENTD_TRUSTED_UID") : nil
        let number = trustedUserID ?? trusted.flatMap(PeerTrust.userID)
        trust = PeerTrust(
            ownUserID: ThisProcess.effectiveUserID,
            overflowUserIDs: Self.overflowUserIDs,
            trustedUserID: number,
            socketIsNamed: named != nil
        )
        notANumber = number == nil ? trusted : nil
    }

    private static let overflowUserIDs: Set<UInt32> = [
        PeerCredentials.unmappedUserID, PeerCredentials.shownUnmappedUserID,
    ]

    private static let name = "segmentd/io.segmentd.Broker"

    private static var usualPlaces: [String] {
        // The XDG Base Directory Specification has relative paths ignored.
        let own = ThisProcess.secureVariable("XDG_RUNTIME_DIR").flatMap {
            $0.hasPrefix("/") ? "\($0)/\(name)" : nil
        }
        return (own.map { [$0] } ?? []) + ["/run/\(name)"]
    }

    /// Connects to the first socket that exists, if the process behind it is trusted.
    func connect(_ deadline: Deadline) throws(SegmentClientError) -> ClientConnection {
        var missing = SegmentClientError.unreachable(socket: "", .noSuchFileOrDirectory)
        for path in sockets {
            let connection: ClientConnection
            do throws(ConnectionError) {
                connection = try ClientConnection(path: path, timeLimit: deadline.remaining)
            } catch .cannotConnect(_, Errno.noSuchFileOrDirectory.rawValue) {
                // Of the default sockets the last is the system's, which most programs want.
                missing = .unreachable(socket: path, .noSuchFileOrDirectory)
                continue
            } catch {
                throw SegmentClientError(error)
            }
            try check(connection.peerUserID, at: path)
            return connection
        }
        throw missing
    }

    /// Throws `untrusted` unless the process that listens is trusted.
    private func check(_ userID: UInt32, at path: String) throws(SegmentClientError) {
        // Then no broker is trusted, not even root's: otherwise the mistake would show only with another user's.
        if let notANumber {
            throw .untrusted(path, userID, .variableInvalid(value: notANumber))
        }
        switch trust.verdict(on: userID) {
        case .trusted: return
        case .distrusted(let reason): throw .untrusted(path, userID, reason)
        case .trustedIfGuarded:
            let rule = GuardedPath(owners: trust.overflowUserIDs.union([0, trust.ownUserID]))
            guard let problem = GuardedSocket(path: path, rule: rule).firstProblem() else { return }
            let reason = Distrust.directoryNotGuarded(path: problem.path, reason: problem.reason)
            throw .untrusted(path, userID, reason)
        }
    }
}

/// The path of a socket, from the root down.
struct GuardedSocket {
    let path: String
    let rule: GuardedPath

    /// The first entry of the path through which another user could have put the socket there; nil if there is none.
    func firstProblem() -> (path: String, reason: String)? {
        guard path.hasPrefix("/") else { return (path, "is not absolute") }
        let names = path.split(separator: "/").map(String.init)
        guard !names.contains(".."), let socket = names.last else { return (path, "is not written out") }
        var directory = "/"
        for index in 0..<names.count {
            guard let entry = GuardedPath.Entry(of: directory) else {
                return (directory, "cannot be looked at")
            }
            let isLast = index == names.count - 1
            if let reason = rule.problem(withDirectory: entry, isLast: isLast) { return (directory, reason) }
            if !isLast { directory += directory == "/" ? names[index] : "/\(names[index])" }
        }
        let file = "\(directory == "/" ? "" : directory)/\(socket)"
        guard let entry = GuardedPath.Entry(of: file) else { return (file, "cannot be looked at") }
        return rule.problem(withSocket: entry).map { (file, $0) }
    }
}

extension GuardedPath.Entry {
    /// lstat(2).
    init?(of path: String) {
        guard let file = try? FilePath(path).stat(followTargetSymlink: false) else { return nil }
        switch file.type {
        case .directory: kind = .directory
        case .symbolicLink: kind = .link
        case .socket: kind = .socket
        default: kind = .other
        }
        ownerUserID = file.userID.rawValue
        mode = file.permissions.rawValue & 0o1777
    }
}
