// Exported, so that `import Segments` alone is enough: without this a program with MemberImportVisibility could name the
// nouns by an alias, but reach none of their members. Swift has no other spelling of it.
import POSIX
import SegmentInterface
@_exported public import SegmentModel
import Synchronization
public import SystemPackage
@_exported public import SystemVSharedMemory
import Varlink

/// A program's connection to segmentd, the broker of named System V shared memory segments.
///
/// ```swift
/// let client = try SegmentClient()
/// for segment in try client.segments() {
///     print(segment.name, segment.state, segment.size)
/// }
/// ```
///
/// The client connects when it is created, and again when the daemon has restarted; then it takes its leases again.
/// Several threads may use it: their calls wait for each other. Reading and writing the memory of an attached segment
/// asks neither the daemon nor the kernel.
///
/// Every call throws, besides its own errors, those that keep the broker from answering: `unreachable`, `untrusted`,
/// `timedOut`, `disconnected`, `protocolViolation` and `systemCall`; see ``SegmentClientError/Code``.
///
/// Calls block their thread. From a task, make them on a thread or executor of your own; only ``SegmentEvents`` can be
/// awaited.
///
/// In a child of fork(2) the client makes a connection of its own and leaves the parent's alone.
public final class SegmentClient: Sendable {
    /// How long each exchange with the broker may take, connecting included.
    ///
    /// ``attach(_:access:)`` makes four at most, ``segments()`` one for each segment. Waiting for another thread's call
    /// counts, too, but is not cut short.
    public let timeout: Duration
    let address: BrokerAddress
    private let link: Mutex<BrokerLink>
    /// Leases that ended while another thread was in a call.
    private let ended = Mutex<[HeldLease.Number]>([])

    /// Connects to the broker.
    ///
    /// ```swift
    /// let client = try SegmentClient(socket: "/run/segmentd/io.segmentd.Broker", timeout: .seconds(1))
    /// ```
    ///
    /// - Parameters:
    ///   - socket: The broker's socket. By default `$SEGMENTD_SOCKET`, else that of the user's own daemon if it exists,
    ///     `$XDG_RUNTIME_DIR/segmentd/io.segmentd.Broker`, else `/run/segmentd/io.segmentd.Broker`. A setuid program
    ///     ignores the environment.
    ///   - trustedUserID: A user whose broker is trusted besides root's and the caller's own. By default the number in
    ///     `$SEGMENTD_TRUSTED_UID`; if that is not a number, no broker is trusted. To trust the overflow user, 65534,
    ///     which stands for every user without an ID in this user namespace, host root included, give the socket
    ///     explicitly, in a directory that others cannot write.
    ///   - timeout: How long each exchange with the broker may take, now and later; see ``timeout``.
    /// - Throws: `unreachable`, `untrusted`, `timedOut` or `systemCall`.
    public init(
        socket: FilePath? = nil,
        trustedUserID: UInt32? = nil,
        timeout: Duration = .seconds(5)
    ) throws(SegmentClientError) {
        self.timeout = timeout
        address = BrokerAddress(socket?.string, trustedUserID: trustedUserID)
        link = Mutex(BrokerLink(address))
        try withLink { link, deadline throws(SegmentClientError) in try link.connect(deadline) }
    }

    /// Makes one call at a time.
    ///
    /// Leases that have ended are given back before and after it, so that no thread holds more than one that is not
    /// attached.
    func withLink<Result>(
        _ body: (inout BrokerLink, Deadline) throws(SegmentClientError) -> sending Result
    ) throws(SegmentClientError) -> sending Result {
        let deadline = Deadline(timeout)
        defer { giveBackEnded() }
        return try link.withLock { link throws(SegmentClientError) in
            giveBackEnded(on: &link)
            defer { giveBackEnded(on: &link) }
            return try body(&link, deadline)
        }
    }

    /// Gives a lease back without waiting.
    func end(_ lease: HeldLease.Number) {
        ended.withLock { $0.append(lease) }
        giveBackEnded()
    }

    /// Gives back what has ended, unless a thread is in a call: it does so when it leaves the call.
    ///
    /// What ends just as it leaves is seen by the repeated check.
    private func giveBackEnded() {
        while ended.withLock({ !$0.isEmpty }) {
            guard link.withLockIfAvailable({ giveBackEnded(on: &$0) }) != nil else { return }
        }
    }

    private func giveBackEnded(on link: inout BrokerLink) {
        let leases = ended.withLock { ended in
            defer { ended = [] }
            return ended
        }
        for lease in leases { link.giveBack(lease) }
    }

    /// A descriptor for poll(2), readable once the daemon has closed the connection; nil while there is none.
    package var descriptor: FileDescriptor? {
        defer { giveBackEnded() }
        return link.withLock { $0.fileDescriptor }
    }

    /// Connects again, in one attempt, if the daemon has closed the connection, and takes the leases again.
    ///
    /// Returns why leases were refused; nil if the connection still stands.
    package func takeLeasesAgain() throws(SegmentClientError) -> [SegmentClientError]? {
        try withLink { link, deadline throws(SegmentClientError) in
            link.noteClosed()
            guard !link.isConnected else { return nil }
            try link.connect(deadline, patiently: false)
            return link.refusals
        }
    }
}

extension SegmentClient {
    /// Describes one segment.
    ///
    /// ```swift
    /// let segment = try client.segment(named: "telemetry")
    /// print("\(segment.attachmentCount) attachments, \(segment.leaseCount) leases")
    /// ```
    ///
    /// - Throws: `noSuchSegment`, and what every call throws, see ``SegmentClient``.
    public func segment(named name: SegmentName) throws(SegmentClientError) -> SegmentDescription {
        try withLink { link, deadline throws(SegmentClientError) in
            let parameters = DescribeParameters(name: name.string)
            let reply: DescribeReply = try link.call(.describe, parameters, deadline)
            return reply.segment
        }
    }

    /// Describes every segment, in order of name.
    ///
    /// ```swift
    /// for segment in try client.segments() where segment.state == .ready {
    ///     let attached = try client.attach(segment.name, access: .readOnly)
    ///     print(attached.name, attached.byteCount)
    /// }
    /// ```
    ///
    /// - Throws: What every call throws, see ``SegmentClient``.
    public func segments() throws(SegmentClientError) -> [SegmentDescription] {
        let replies = try open(.list)
        var segments: [SegmentDescription] = []
        while let reply: ListReply = try replies.next(Deadline(timeout)) {
            if let segment = reply.segment { segments.append(segment) }
        }
        return segments
    }

    /// Returns the daemon's status and the kernel's limits.
    ///
    /// - Throws: What every call throws, see ``SegmentClient``.
    public func daemonStatus() throws(SegmentClientError) -> DaemonStatus {
        try withLink { link, deadline throws(SegmentClientError) in
            try link.call(.getStatus, NoParameters(), deadline)
        }
    }

    /// Subscribes to what happens to the segments.
    ///
    /// A subscription begins with a snapshot, and outlives a restart of the daemon.
    ///
    /// - Throws: What every call throws, see ``SegmentClient``, if the broker cannot be reached now.
    public func events() throws(SegmentClientError) -> SegmentEvents {
        try SegmentEvents(address, Deadline(timeout))
    }

    /// Makes a call with many replies, on a connection of its own, so that other calls need not wait for their end.
    private func open(_ method: BrokerMethod) throws(SegmentClientError) -> Replies {
        let deadline = Deadline(timeout)
        return try Replies(try address.connect(deadline), method, deadline)
    }
}

extension SegmentClient {
    /// Removes a segment from the kernel; a declared one is created again at the next request or reload.
    ///
    /// ```swift
    /// try client.remove("telemetry", when: .whenIdle)
    /// ```
    ///
    /// - Throws: `permissionDenied` unless the caller is an administrator; `segmentInUse` where `when` is `ifUnused` and
    ///   clients use the segment; `noSuchSegment`; `outcomeUnknown` if the daemon ended before it answered; and what
    ///   every call throws, see ``SegmentClient``.
    public func remove(
        _ name: SegmentName,
        when: RemovalPolicy = .ifUnused
    ) throws(SegmentClientError) {
        try withLink { link, deadline throws(SegmentClientError) in
            let parameters = RemoveParameters(name: name.string, when: when)
            let _: NoParameters = try link.call(.remove, parameters, deadline)
        }
    }

    /// Removes a segment and creates it again, with new memory, in one step; a segment that does not exist is created.
    ///
    /// ```swift
    /// try client.renew("telemetry", when: .immediately)
    /// ```
    ///
    /// - Throws: `permissionDenied` unless the caller is an administrator; `segmentInUse` where `when` is `ifUnused` and
    ///   clients use the segment; `segmentBlocked` if it could not be created again; `noSuchSegment`; `outcomeUnknown`
    ///   if the daemon ended before it answered; and what every call throws, see ``SegmentClient``.
    public func renew(
        _ name: SegmentName,
        when: RemovalPolicy = .ifUnused
    ) throws(SegmentClientError) {
        try withLink { link, deadline throws(SegmentClientError) in
            let parameters = RenewParameters(name: name.string, when: when)
            let _: NoParameters = try link.call(.renew, parameters, deadline)
        }
    }

    /// Makes the daemon read its configuration again; nothing changes if it has errors.
    ///
    /// ```swift
    /// let outcome = try client.reloadConfiguration()
    /// print("created:", outcome.created)
    /// ```
    ///
    /// - Parameter removeAll: Whether to remove the segments of a directory that has vanished. By default that is an
    ///   error, since the directory may merely not be mounted.
    /// - Returns: The segments that changed.
    /// - Throws: `permissionDenied` unless the caller is an administrator; `configurationInvalid` with every problem;
    ///   `outcomeUnknown` if the daemon ended before it answered; and what every call throws, see ``SegmentClient``.
    @discardableResult
    public func reloadConfiguration(
        removeAll: Bool = false
    ) throws(SegmentClientError) -> ReloadOutcome {
        try withLink { link, deadline throws(SegmentClientError) in
            // An older daemon knows no such parameter.
            try link.call(.reload, ReloadParameters(removeAll: removeAll ? true : nil), deadline)
        }
    }
}
