import SegmentBroker
import SegmentInterface
import SegmentModel
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
