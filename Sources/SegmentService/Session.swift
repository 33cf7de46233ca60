package import SegmentBroker
package import SegmentModel

/// One connection: who is there, what it holds, and what it listens to.
package final class Session {
    package let holder: LeaseHolder
    var subscription: Subscription?

    init(_ client: Client) {
        holder = LeaseHolder(client)
    }

    package var client: Client { holder.client }
}
