import POSIX
import SegmentInterface
@_exported public import SegmentModel
import Synchronization
package import SystemPackage
@_exported public import SystemVSharedMemory
import Varlink

/// A program's connection to the broker of named System V shared memory segments.
///
/// It connects when it is first needed and again when the daemon has been restarted; then it takes its leases
/// again. It may be used from several threads: calls wait for each other. No call of the data path leaves the
/// process.
///
/// What keeps the broker from answering is thrown by every call: `unreachable`, `untrusted`, `timedOut`, `disconnected`,
/// `protocolViolation`, `failed`.
///
/// In a child made by fork(2) a client makes a connection of its own; the parent's is left alone.
public final class SegmentClient: Sendable {
    /// How long one call may take, connecting included.
    public let timeLimit: Duration
    let address: BrokerAddress
    private let link: Mutex<BrokerLink>
    /// Leases whose holders have ended while another thread was in a call.
    private let ended = Mutex<[HeldLease.Number]>([])

    /// Connects to the broker.
    ///
    /// The socket is `socket` if given, else `$SEGMENTD_SOCKET`, else the one of the user's own daemon if it exists
    /// (`$XDG_RUNTIME_DIR/segmentd/io.segmentd.Broker`), else `/run/segmentd/io.segmentd.Broker`. A setuid program
    /// does not follow the environment.
    ///
    /// A broker of root or of the caller's own user is believed, and one of the user with the number `trustedUser`,
    /// else of `$SEGMENTD_TRUSTED_UID`; where that is set and no number, none is. Trusting the overflow user, 65534,
    /// which in a user namespace is whoever has no number there, host root included, takes a socket that is given, in a
    /// directory that others cannot write.
    ///
    /// Throws `unreachable`, `untrusted`, `timedOut`, or `failed` where there is no socket to be had.
    public init(
        socket: String? = nil,
        trustedUser: UInt32? = nil,
        timeLimit: Duration = .seconds(5)
    ) throws(SegmentClientError) {
        self.timeLimit = timeLimit
        address = BrokerAddress(socket, trustedUserID: trustedUser)
        link = Mutex(BrokerLink(address))
        try withLink { link, deadline throws(SegmentClientError) in try link.connect(deadline) }
    }

    /// One call at a time.
    ///
    /// The leases that have ended are given back before it and after it, so that no thread has more than one that is
    /// not attached.
    func withLink<Result>(
        _ body: (inout BrokerLink, Deadline) throws(SegmentClientError) -> sending Result
    ) throws(SegmentClientError) -> sending Result {
        let deadline = Deadline(timeLimit)
        defer { giveBackEnded() }
        return try link.withLock { link throws(SegmentClientError) in
            giveBackEnded(on: &link)
            defer { giveBackEnded(on: &link) }
            return try body(&link, deadline)
        }
    }

    /// Gives a lease back without waiting for anybody.
    func end(_ lease: HeldLease.Number) {
        ended.withLock { $0.append(lease) }
        giveBackEnded()
    }

    /// Whoever is in a call meanwhile does it before letting go; what ends just then is seen here afterwards.
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

    /// For poll(2): readable once the daemon has gone away; nil while there is no connection.
    package var descriptor: FileDescriptor? {
        defer { giveBackEnded() }
        return link.withLock { $0.fileDescriptor }
    }

    /// Connects again if the daemon has gone away, at the first try, and takes the leases again.
    ///
    /// Returns the refusals of those that it did not get; nil where the connection has held.
    package func takeLeasesAgain() throws(SegmentClientError) -> [BrokerError]? {
        try withLink { link, deadline throws(SegmentClientError) in
            link.noteClosed()
            guard !link.isConnected else { return nil }
            try link.connect(deadline, patiently: false)
            return link.refusals
        }
    }
}

extension SegmentClient {
    /// All that is known of one segment.
    ///
    /// Throws `refused(.noSuchSegment)` where there is none, and what keeps the broker from answering, see `SegmentClient`.
    public func describe(_ name: String) throws(SegmentClientError) -> SegmentDescription {
        try withLink { link, deadline throws(SegmentClientError) in
            let reply: DescribeReply = try link.call(.describe, DescribeParameters(name: name), deadline)
            return reply.segment
        }
    }

    /// Every segment, in order of name.
    ///
    /// Throws what keeps the broker from answering, see `SegmentClient`.
    public func list() throws(SegmentClientError) -> [SegmentDescription] {
        let replies = try open(.list)
        var segments: [SegmentDescription] = []
        while let reply: ListReply = try replies.next(Deadline(timeLimit)) {
            if let segment = reply.segment { segments.append(segment) }
        }
        return segments
    }

    /// The daemon and the kernel's limits.
    ///
    /// Throws what keeps the broker from answering, see `SegmentClient`.
    public func status() throws(SegmentClientError) -> DaemonStatus {
        try withLink { link, deadline throws(SegmentClientError) in
            try link.call(.getStatus, NoParameters(), deadline)
        }
    }

    /// Every segment as it is, event `current`, then `listed`, then each change as it happens.
    ///
    /// Throws what keeps the broker from answering now, see `SegmentClient`; later the events outlive a restart of the daemon.
    public func subscribe() throws(SegmentClientError) -> SegmentEvents {
        try SegmentEvents(address, Deadline(timeLimit))
    }

    /// Many replies have a connection of their own, so that other calls need not wait for their end.
    private func open(_ method: BrokerMethod) throws(SegmentClientError) -> Replies {
        let deadline = Deadline(timeLimit)
        return try Replies(try address.connect(deadline), method, deadline)
    }
}

extension SegmentClient {
    /// Removes a segment from the kernel; a declared one is made again at the next Acquire or reload.
    ///
    /// Only for administrators: others get `refused(.permissionDenied)`. `refused(.segmentInUse)` where `when` is
    /// `unused` and somebody has it leased or attached, `refused(.noSuchSegment)` where there is none. `outcomeUnknown`
    /// where the daemon ended before it answered, and what keeps the broker from answering, see `SegmentClient`.
    public func remove(_ name: String, when: RemovalPolicy = .ifUnused) throws(SegmentClientError) {
        try withLink { link, deadline throws(SegmentClientError) in
            let _: NoParameters = try link.call(.remove, RemoveParameters(name: name, when: when), deadline)
        }
    }

    /// Removes a segment from the kernel and makes it again, with new memory, in one step; one that is not there is made.
    ///
    /// Only for administrators: others get `refused(.permissionDenied)`. `refused(.segmentInUse)` where `when` is
    /// `unused` and somebody has it leased or attached, `refused(.segmentBlocked)` where nothing could be made in its
    /// place, `refused(.noSuchSegment)` where none is declared. `outcomeUnknown` where the daemon ended before it
    /// answered, and what keeps the broker from answering, see `SegmentClient`.
    public func renew(_ name: String, when: RemovalPolicy = .ifUnused) throws(SegmentClientError) {
        try withLink { link, deadline throws(SegmentClientError) in
            let _: NoParameters = try link.call(.renew, RenewParameters(name: name, when: when), deadline)
        }
    }

    /// Makes the daemon read its configuration again; nothing changes if that is bad.
    ///
    /// Only for administrators: others get `refused(.permissionDenied)`. `refused(.configurationInvalid)` has every
    /// problem: also a directory of segments that has vanished, unless `removeAll` says that its segments are to go.
    /// `outcomeUnknown` where the daemon ended before it answered, and what keeps the broker from answering, see
    /// `SegmentClient`.
    public func reload(removeAll: Bool = false) throws(SegmentClientError) -> ReloadOutcome {
        try withLink { link, deadline throws(SegmentClientError) in
            // An older daemon knows of no parameter.
            try link.call(.reload, ReloadParameters(removeAll: removeAll ? true : nil), deadline)
        }
    }
}
