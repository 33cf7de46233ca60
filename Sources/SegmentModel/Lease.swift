/// A client's hold on a segment; it ends with Release or with the connection.
package struct Lease: Equatable, Sendable {
    /// Names the lease among all of one daemon's life.
    package var identifier: String
    package var access: Access
    package var processID: Int32
    package var userID: UInt32
    /// For people; nil unless known without asking anybody.
    package var userName: String?
    /// For people; nil unless known without asking anybody.
    package var command: String?
    /// CLOCK_REALTIME, in µs.
    package var since: Int64

    package init(
        identifier: String,
        access: Access,
        processID: Int32,
        userID: UInt32,
        userName: String? = nil,
        command: String? = nil,
        since: Int64
    ) {
        self.identifier = identifier
        self.access = access
        self.processID = processID
        self.userID = userID
        self.userName = userName
        self.command = command
        self.since = since
    }
}
