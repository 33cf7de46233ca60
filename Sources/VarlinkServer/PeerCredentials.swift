import CLinux
import Glibc

/// Who is at the other end of a Unix socket, as the kernel said when it connected; unix(7).
package struct PeerCredentials: Equatable, Sendable {
    package var processID: Int32
    package var userID: UInt32
    package var groupID: UInt32

    package init(processID: Int32, userID: UInt32, groupID: UInt32) {
        self.processID = processID
        self.userID = userID
        self.groupID = groupID
    }

    /// What this kernel shows of a user who has no number here; told by the usual number, whatever it is.
    private static let unmappedUserID = clinux_unmapped_user()

    /// SO_PEERCRED of a connected socket; nil where the kernel does not tell.
    init?(ofSocket socket: Int32) {
        var peer = clinux_peer()
        guard unsafe clinux_peer_credentials(socket, &peer) == 0 else { return nil }
        self.init(
            processID: peer.process,
            userID: peer.user == Self.unmappedUserID ? UInt32(CLINUX_UNMAPPED_USER) : peer.user,
            groupID: peer.group
        )
    }

    /// SO_PEERGROUPS of a connected socket: the supplementary groups, 65,536 at most; nil where the kernel does not
    /// tell.
    static func supplementaryGroupIDs(ofSocket socket: Int32) -> [UInt32]? {
        var groups = [UInt32](repeating: 0, count: 64)
        var count = unsafe Int(clinux_peer_groups(socket, &groups, Int32(groups.count)))
        if count > groups.count {
            groups = [UInt32](repeating: 0, count: count)
            count = unsafe Int(clinux_peer_groups(socket, &groups, Int32(groups.count)))
        }
        return (0...groups.count).contains(count) ? Array(groups[..<count]) : nil
    }
}
