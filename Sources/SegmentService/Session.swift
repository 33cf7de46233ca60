import SegmentBroker
import SegmentModel

/// One connection: who is there, what it holds, and what it listens to.
package final class Session {
    let viewer: Viewer
    let holder: LeaseHolder
    var subscription: Subscription?

    init(_ viewer: Viewer) {
        self.viewer = viewer
        holder = LeaseHolder(viewer.client)
    }
}
