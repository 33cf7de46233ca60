import SegmentBroker
import SegmentInterface
import SegmentModel
import SystemVSharedMemory
import Varlink
import VarlinkServer

/// A client that listens: first every segment as it is, then each change.
///
/// The snapshot is a walk by name at the client's pace. A change of a segment that the walk has passed is told at
/// once; one of a segment still to come is not told, because the walk will show it as it is then.
final class Subscription {
    /// What may wait unread, in bytes; a client that leaves more loses its connection.
    static let longestQueue = 1 << 20

    /// Every change is written to each subscriber: one user's must not make others wait.
    static let mostPerUser = 32

    let session: Session
    private let connection: VarlinkConnection
    private let memory: [SegmentIdentifier: SegmentMemory]
    private var place: Place = .walking(after: nil)

    private enum Place {
        case walking(after: SegmentName?)
        case following
    }

    init(
        _ session: Session,
        _ connection: VarlinkConnection,
        memory: [SegmentIdentifier: SegmentMemory]
    ) {
        self.session = session
        self.connection = connection
        self.memory = memory
    }

    /// Tells one more segment of the snapshot; true once there is none.
    func walk(_ broker: Broker, _ viewer: Viewer) -> Bool {
        guard case .walking(let last) = place else { return true }
        if let segment = broker.segment(after: last, viewer: viewer, memory: memory) {
            place = .walking(after: segment.name)
            connection.reply(SegmentEvent(.current, name: segment.name, segment: segment), continues: true)
            return false
        }
        place = .following
        connection.reply(SegmentEvent(.listed), continues: true)
        return true
    }

    /// Tells a change that has happened to a segment, as all subscribers are told.
    func tell(_ change: JSONWriter, of name: SegmentName?) {
        if case .walking(let last) = place, let name {
            guard let last, name <= last else { return }
        }
        guard connection.bufferedBytes <= Self.longestQueue else { return connection.closeSoon() }
        connection.reply(alike: change)
    }
}
