@_exported public import SegmentModel
import POSIX
import Synchronization
package import SystemPackage
@_exported public import SystemVSharedMemory

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
