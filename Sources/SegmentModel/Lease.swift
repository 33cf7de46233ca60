/// A client's hold on a segment; it ends with Release or with the connection.
public struct Lease: Equatable, Sendable {
    /// Of one segment, in any reply.
    package static let mostShown = 100

    /// Names the lease among all of one daemon's life.
    public var identifier: String
    /// How the holder may attach.
    public var access: Access
    /// The process that connected.
    public var processID: Int32
    /// The user of that process when it connected.
    public var userID: UInt32
    /// For people; nil unless known without asking anybody.
    public var userName: String?
    /// For people; nil unless known without asking anybody.
    public var command: String?
    /// CLOCK_REALTIME, in µs.
    public var since: Int64

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
