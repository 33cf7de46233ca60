import SegmentBroker
import SegmentInterface
import SegmentModel
import Varlink
import VarlinkServer

extension SegmentService {
    /// Sends one reply per segment, in order of name, at the client's pace; the last one does not set
    /// `continues`.
    func list(_ session: Session, _ connection: VarlinkConnection) {
        let broker = broker
        let viewer = viewer(session)
        var last: SegmentName?
        connection.pull {
            // Nothing is prepared ahead: replies pending for a client that does not read would count against
            // no limit.
            let segment = broker.segment(after: last, viewer: viewer, memory: broker.memory())
            last = segment?.name
            let isLast = segment.map { !broker.hasSegment(after: $0.name) } ?? true
            connection.reply(ListReply(segment: segment), continues: !isLast)
            return isLast
        }
    }

    func subscribe(_ session: Session, _ connection: VarlinkConnection) throws(MethodFailure) {
        let user = session.client.userID
        guard subscribers.values.count(where: { $0.session.client.userID == user }) < Subscription.mostPerUser
        else {
            throw .broker(.limitReached(limit: "subscriptions_per_user", value: Subscription.mostPerUser))
        }
        let subscription = Subscription(session, connection)
        session.subscription = subscription
        subscribers[ObjectIdentifier(subscription)] = subscription
        broker.onEvent = { [weak self] event in self?.publish(event) }
        connection.pull { [weak self, weak subscription] in
            guard let self, let subscription else { return true }
            return subscription.walk(broker, viewer(session))
        }
    }

    /// Ends a subscription and breaks the reference cycle between it and its session.
    func unsubscribe(_ subscription: Subscription) {
        subscription.session.subscription = nil
        subscribers[ObjectIdentifier(subscription)] = nil
        if subscribers.isEmpty { broker.onEvent = nil }
    }

    /// Sends an event to the subscribers; lease events go only to those who may see the lease.
    private func publish(_ event: SegmentEvent) {
        guard let name = event.name else { return }
        let writer = JSONWriter()
        Reply.write(event, continues: true, to: writer)
        let reply = SharedReply(writer)
        let audience = event.lease.map { broker.audience(ofLeaseOf: $0.userID, on: name) }
        for subscription in subscribers.values
        where audience?.includes(viewer(subscription.session)) ?? true {
            subscription.tell(reply, of: name)
        }
    }
}
