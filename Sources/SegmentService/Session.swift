import SegmentBroker
import SegmentInterface
import SegmentModel
import SystemVSharedMemory
import Varlink
import VarlinkServer

/// A connection with its client, leases and subscription.
final class Session: VarlinkSession {
    let holder: LeaseHolder
    var subscription: Subscription?
    /// Nil before the first call.
    var groupList: GroupLists.List?
    var isClosed = false
    private let service: SegmentService

    init(_ client: Client, of service: SegmentService) {
        holder = LeaseHolder(client)
        self.service = service
    }

    var client: Client { holder.client }

    func answer(_ call: Call, on connection: VarlinkConnection) -> Bool {
        guard let method = BrokerMethod(rawValue: call.method) else { return false }
        do throws(MethodFailure) {
            try service.answer(method, call, self, connection)
        } catch {
            connection.fail(error)
        }
        return true
    }

    func disconnected() { service.releaseLeases(of: self) }

    func close() { service.close(self) }
}

/// A client's subscription: first a snapshot of every segment, then each change, or a new snapshot if there
/// are more changes than may be pending.
final class Subscription {
    /// The most bytes pending for one subscription, so that all subscriptions of a user stay within the limit
    /// of the user's replies.
    static let longestQueue = BufferedBytes.mostReplies / (mostPerUser + 8)

    /// The most subscriptions of a user: each change is written to every subscriber, so one user's must not
    /// slow others.
    static let mostPerUser = 32

    let session: Session
    private let connection: VarlinkConnection
    private var memory: [SegmentIdentifier: SegmentMemory] = [:]
    private var place = SubscriberPlace()

    init(_ session: Session, _ connection: VarlinkConnection) {
        self.session = session
        self.connection = connection
    }

    /// Sends the next segment of a snapshot; returns true once there is none.
    func walk(_ broker: Broker, _ viewer: Viewer) -> Bool {
        let (last, isUnderWay) = place.walk
        guard isUnderWay else { return true }
        if last == nil { memory = broker.memory() }
        if let segment = broker.segment(after: last, viewer: viewer, memory: memory) {
            place.walked(to: segment.name)
            connection.reply(SegmentEvent(.snapshot, name: segment.name, segment: segment), continues: true)
            return false
        }
        memory = [:]
        place.walkedToEnd()
        connection.reply(SegmentEvent(.snapshotEnded), continues: true)
        return !place.walk.isUnderWay
    }

    /// Sends a change of a segment, encoded once for all subscribers.
    func tell(_ change: SharedReply, of name: SegmentName) {
        let step = place.change(
            of: name,
            bytes: change.count,
            isFull: connection.bufferedBytes > Self.longestQueue,
            isSent: !connection.isFlushQueued
        )
        switch step {
        case .tell: connection.reply(alike: change)
        case .leaveOut: break
        case .close: connection.closeSoon()
        }
    }
}
