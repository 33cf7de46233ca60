import CLinux
package import SystemPackage

/// The credentials of the process at the other end of a Unix socket, as of when it connected; unix(7).
package struct PeerCredentials: Equatable, Sendable {
    package var processID: Int32
    package var userID: UInt32
    package var groupID: UInt32

    package init(processID: Int32, userID: UInt32, groupID: UInt32) {
        self.processID = processID
        self.userID = userID
        self.groupID = groupID
    }

    /// The usual overflow uid, shown for every user that this user namespace does not map;
    /// user_namespaces(7).
    package static let unmappedUserID = UInt32(CLINUX_UNMAPPED_USER)
    /// The overflow uid of this kernel; read once.
    package static let shownUnmappedUserID = clinux_unmapped_user()

    /// Reads the credentials of a client, with an unmapped user shown as `unmappedUserID` whatever this
    /// kernel's overflow uid is.
    package init(ofClient socket: FileDescriptor) throws(Errno) {
        try self.init(of: socket)
        if userID == Self.shownUnmappedUserID { userID = Self.unmappedUserID }
    }

    /// Reads SO_PEERCRED of a connected socket.
    package init(of socket: FileDescriptor) throws(Errno) {
        var peer = clinux_peer()
        _ = try valueOrErrno { unsafe clinux_peer_credentials(socket.rawValue, &peer) }
        self.init(processID: peer.process, userID: peer.user, groupID: peer.group)
    }

    /// Reads SO_PEERGROUPS of a connected socket: the supplementary groups, 65,536 at most.
    package static func supplementaryGroupIDs(of socket: FileDescriptor) throws(Errno) -> [UInt32] {
        var groups = [UInt32](repeating: 0, count: 64)
        var count = 0
        repeat {
            if count > groups.count { groups = [UInt32](repeating: 0, count: count) }
            count = Int(
                try valueOrErrno { unsafe clinux_peer_groups(socket.rawValue, &groups, Int32(groups.count)) }
            )
        } while count > groups.count
        return Array(groups[..<count])
    }
}
