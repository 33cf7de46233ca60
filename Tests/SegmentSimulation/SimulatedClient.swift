import SegmentBroker
import SegmentModel
import SegmentTestSupport
import SystemVSharedMemory

/// A program that uses segments: its connection, its leases and what it has attached.
final class SimulatedClient {
    let name: String
    let client: Client
    /// Nil while it is not connected.
    var holder: LeaseHolder?
    var leases: [Grant] = []
    var attachments: [AttachmentAddress] = []

    init(_ name: String, _ client: Client) {
        (self.name, self.client) = (name, client)
    }

    /// Root, or the broker's own user: the kernel lets it pass where mode 0600 stops others.
    var isPrivileged: Bool { client.userID == 0 || client.userID == BrokerFixture.userID }

    static func all(besidesService: Bool) -> [SimulatedClient] {
        [
            SimulatedClient(
                "member",
                Client(processID: 201, userID: 1000, groupID: 1000, supplementaryGroupIDs: [500])
            ),
            SimulatedClient(
                "other",
                Client(processID: 202, userID: 1002, groupID: 700, supplementaryGroupIDs: [])
            ),
            besidesService
                ? SimulatedClient(
                    "stranger",
                    Client(processID: 203, userID: 1001, groupID: 1001, supplementaryGroupIDs: [])
                )
                : SimulatedClient(
                    "person",
                    Client(
                        processID: 203,
                        userID: BrokerFixture.userID,
                        groupID: BrokerFixture.userID,
                        supplementaryGroupIDs: []
                    )
                ),
            SimulatedClient(
                "root",
                Client(processID: 204, userID: 0, groupID: 0, supplementaryGroupIDs: [])
            ),
        ]
    }
}
