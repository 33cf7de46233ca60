import SegmentBroker
import SegmentInterface
import SegmentModel
import SystemVSharedMemory
import Varlink
import VarlinkServer

/// One connection: who is there, what it holds, and what it listens to.
final class Session: VarlinkSession {
    let holder: LeaseHolder
    var subscription: Subscription?
    /// Nil until the first call.
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

    func disconnected() { service.giveBack(self) }

    func close() { service.close(self) }
}

/// A client that listens: first every segment as it is, then each change, and every segment again where the changes
/// were more than may wait.
final class Subscription {
    /// What may wait unread, in bytes: as much for each subscription of a user as all of the user's replies may be.
    static let longestQueue = BufferedBytes.mostReplies / (mostPerUser + 8)

    /// Every change is written to each subscriber: one user's must not make others wait.
    static let mostPerUser = 32

    let session: Session
    private let connection: VarlinkConnection
    private var memory: [SegmentIdentifier: SegmentMemory] = [:]
    private var place = SubscriberPlace()

    init(_ session: Session, _ connection: VarlinkConnection) {
        self.session = session
        self.connection = connection
    }

    /// Tells one more segment of a snapshot; true once there is none.
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

    /// Tells a change that has happened to a segment, as all subscribers are told.
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
