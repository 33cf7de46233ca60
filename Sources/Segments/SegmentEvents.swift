import POSIX
import SegmentInterface
public import SegmentModel
import Synchronization
import SystemPackage
import Varlink

/// A subscription to what happens to the broker's segments.
///
/// ```swift
/// for try await event in try client.events() {
///     print(event.kind, event.name ?? "")
/// }
/// ```
///
/// Programs without concurrency wait for one event after the other:
///
/// ```swift
/// let events = try client.events()
/// while let event = try events.next() {
///     print(event.kind, event.name ?? "")
/// }
/// ```
///
/// A subscription begins with a snapshot: every segment as `snapshot`, then `snapshotEnded`. If the connection ends,
/// because the daemon restarts or the subscriber has not read for too long, it connects again and begins anew with a
/// snapshot. Changes in between are not reported one by one: a segment that the new snapshot lacks no longer exists.
///
/// An event is delivered to one reader only. For several readers, call ``SegmentClient/events()`` for each. Canceling a
/// task that waits ends the connection: other readers of the same object get a new snapshot.
public final class SegmentEvents: Sendable {
    private let address: BrokerAddress
    private let subscription: Mutex<Subscription>
    /// The socket on which events come, for a thread that wants to end another's wait.
    private let socket = Mutex<FileDescriptor?>(nil)

    private struct Subscription {
        var replies: Replies?
        var connectionCount = 0
    }

    init(_ address: BrokerAddress, _ deadline: Deadline) throws(SegmentClientError) {
        self.address = address
        subscription = Mutex(Subscription())
        try subscription.withLock { subscription throws(SegmentClientError) in
            _ = try connected(&subscription, deadline)
        }
    }

    /// How often the subscription has connected: a snapshot after the first may also come on the same connection.
    package var connectionCount: Int { subscription.withLock(\.connectionCount) }

    /// Waits for the next event, also while the daemon is away.
    ///
    /// - Parameter timeout: The longest time to wait; by default without limit.
    /// - Returns: The event; nil once the broker has no more.
    /// - Throws: `timedOut`, and errors that waiting does not mend: a refusal, `untrusted`, `systemCall`, `unreachable`
    ///   where the socket is closed to this process, `protocolViolation`. After each of them the next event can be
    ///   waited for.
    public func next(timeout: Duration? = nil) throws(SegmentClientError) -> SegmentEvent? {
        try next(Deadline(timeout), unless: { false })
    }

    /// Waits for the next event; returns nil, too, once `isCancelled` returns true, which is checked before each wait.
    func next(
        _ deadline: Deadline,
        unless isCancelled: @Sendable () -> Bool
    ) throws(SegmentClientError) -> SegmentEvent? {
        try subscription.withLock { subscription throws(SegmentClientError) in
            try next(&subscription, deadline, unless: isCancelled)
        }
    }

    /// The next event, if it is there already; throws `timedOut` otherwise, also while another reader waits.
    func nextWithoutWaiting() throws(SegmentClientError) -> SegmentEvent? {
        let event = try subscription.withLockIfAvailable { subscription throws(SegmentClientError) in
            try next(&subscription, Deadline(.zero), unless: { false })
        }
        guard let event else { throw .timedOut }
        return event
    }

    private func next(
        _ subscription: inout Subscription,
        _ deadline: Deadline,
        unless isCancelled: @Sendable () -> Bool
    ) throws(SegmentClientError) -> SegmentEvent? {
        var backoff = Backoff()
        while true {
            do throws(SegmentClientError) {
                // A full queue of a daemon that hangs must not keep a cancelled task for ever.
                let limit = Deadline(Swift.min(.seconds(1), deadline.remaining))
                let replies = try connected(&subscription, limit)
                if isCancelled() { return nil }
                return try replies.next(deadline)
            } catch {
                let wasConnecting = subscription.replies == nil
                if subscription.replies?.isUseless ?? false { disconnect(&subscription) }
                if isCancelled() { return nil }
                if wasConnecting, error == .timedOut, !deadline.hasPassed { continue }
                guard error.passesWithARestart else { throw error }
                guard backoff.pause(until: deadline) else { throw .timedOut }
            }
        }
    }

    /// Ends the wait of another thread, which then checks whether it is cancelled.
    func interrupt() {
        socket.withLock { socket in socket?.shutDown() }
    }

    private func connected(
        _ subscription: inout Subscription,
        _ deadline: Deadline
    ) throws(SegmentClientError) -> Replies {
        if let replies = subscription.replies { return replies }
        let replies = try Replies(try address.connect(deadline), .subscribe, deadline)
        subscription.replies = replies
        subscription.connectionCount &+= 1
        socket.withLock { $0 = replies.fileDescriptor }
        return replies
    }

    private func disconnect(_ subscription: inout Subscription) {
        // First: the number of a closed socket is used again.
        socket.withLock { $0 = nil }
        subscription.replies = nil
    }
}

extension SegmentClientError {
    /// Whether this is what a client sees of a daemon that restarts.
    var passesWithARestart: Bool {
        switch reason {
        case .disconnected: true
        case .unreachable(_, let errno): errno == .noSuchFileOrDirectory || errno == .connectionRefused
        case .untrusted, .timedOut, .outcomeUnknown, .protocolViolation, .refused, .refusedOtherwise,
            .ipcNamespaceMismatch, .segmentMismatch, .systemCall:
            false
        }
    }
}
