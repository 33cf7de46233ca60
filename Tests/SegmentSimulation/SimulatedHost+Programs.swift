import SegmentBroker
import SegmentModel
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory

/// Actions of programs, with the broker and without it.
extension SimulatedHost {
    func acquire(_ client: SimulatedClient) {
        guard daemon != nil else { return }
        let holder = client.holder ?? LeaseHolder(client.client)
        client.holder = holder
        let name = random.pick(Declarations.names)
        let access = random.pick(Access.known)
        let result = run(.acquire, "\(client.name) acquires \(name) \(access)") {
            try $0.acquire(name, access, holder)
        }
        guard case .success(let grant)? = result else {
            if case .failure(let error)? = result { checkRefusal(error, client, access) }
            return
        }
        client.leases.append(grant)
        require(client.leases.count <= Self.leasesPerUser, "a lease above the limit is granted")
        oracle.lastUsed[grant.identifier] = clock.now
        checkGrant(grant, client)
    }

    /// Makes calls of several programs before the broker answers any of them.
    func together() {
        guard let daemon else { return }
        oracle.begin()
        oracle.isTogether = true
        daemon.broker.together {
            for _ in 0...random.below(8) {
                let client = random.pick(clients)
                switch random.below(16) {
                case 0..<9: acquire(client)
                case 9..<12: release(client)
                case 12: attach(client)
                case 13: die(client)
                case 14: describe()
                default: remove()
                }
            }
        }
        oracle.isTogether = false
    }

    /// Checks a grant against the kernel.
    private func checkGrant(_ grant: Grant, _ client: SimulatedClient) {
        guard !oracle.isInterleaved else { return }
        guard let status = kernel.segments[grant.identifier], !status.isMarkedForRemoval else {
            return violate("granted segment \(grant.identifier) is not there")
        }
        require(oracle.made.contains(grant.identifier), "a foreign segment is granted")
        require(
            status.key == grant.key && status.size == grant.size.bytes
                && status.creatorUserID == grant.creatorUserID,
            "granted \(grant), the kernel has \(status)"
        )
        require(
            canAttach(grant.identifier, grant.access, client) || isDisturbed,
            "granted, but the kernel refuses"
        )
    }

    /// Checks that a refused client would be refused by the kernel, or has reached its limit.
    private func checkRefusal(_ error: any Error, _ client: SimulatedClient, _ access: Access) {
        if case .limitReached? = error as? BrokerError {
            require(client.leases.count == Self.leasesPerUser, "refused with \(client.leases.count) leases")
        }
        guard case .accessDenied(let name, _, _, _)? = error as? BrokerError, !isDisturbed,
            let daemon, let segment = walk(daemon.broker).first(where: { $0.name == name }),
            segment.state == .ready, let identifier = segment.identifier
        else { return }
        require(!canAttach(identifier, access, client), "refused, but the kernel grants")
    }

    private func canAttach(
        _ identifier: SegmentIdentifier,
        _ access: Access,
        _ client: SimulatedClient
    ) -> Bool {
        kernel.acting(as: client.client) {
            guard let address = try? kernel.attach(identifier, readOnly: access == .readOnly) else {
                return false
            }
            try? kernel.detach(address)
            return true
        }
    }

    func release(_ client: SimulatedClient) {
        guard let holder = client.holder, !client.leases.isEmpty else { return }
        let grant = client.leases.remove(at: random.below(client.leases.count))
        let result = run(.endLeases, "\(client.name) releases \(grant.name)") {
            try $0.release(grant.lease, holder)
        }
        if case .failure(let error)? = result { violate("a held lease cannot be released: \(error)") }
    }

    /// Attaches a segment, with a lease or just its identifier.
    func attach(_ client: SimulatedClient) {
        guard client.attachments.count < 4 else { return detach(client) }
        let identifier =
            client.leases.isEmpty || random.once(in: 4)
            ? kernel.segments.keys.sorted { $0.rawValue < $1.rawValue }.first { _ in random.once(in: 3) }
            : random.pick(client.leases).identifier
        guard let identifier else { return }
        let readOnly = random.once(in: 2)
        kernel.acting(as: client.client) {
            guard let address = try? kernel.attach(identifier, readOnly: readOnly) else { return }
            client.attachments.append(address)
            oracle.lastUsed[identifier] = clock.now
            trace.record("\(client.name) attaches \(identifier)")
        }
    }

    func detach(_ client: SimulatedClient) {
        guard !client.attachments.isEmpty else { return }
        let address = client.attachments.remove(at: random.below(client.attachments.count))
        trace.record("\(client.name) detaches \(kernel.segment(at: address).map { "\($0)" } ?? "nothing")")
        if let identifier = kernel.segment(at: address) { oracle.lastUsed[identifier] = clock.now }
        try? kernel.detach(address)
    }

    func die(_ client: SimulatedClient) {
        for grant in client.leases { oracle.lastUsed[grant.identifier] = clock.now }
        client.leases = []
        for address in client.attachments {
            if let identifier = kernel.segment(at: address) { oracle.lastUsed[identifier] = clock.now }
        }
        client.attachments = []
        kernel.detachAll(ofProcess: client.client.processID)
        trace.record("\(client.name) dies")
        guard let holder = client.holder else { return }
        client.holder = nil
        run(.endLeases, "the broker hears of it") { $0.disconnected(holder) }
    }

    /// Joins as a program that does not use the broker: shmget(key, size, IPC_CREAT | 0666), shmat.
    func joinUnmodified(_ client: SimulatedClient) {
        guard let key = someKey() else { return }
        kernel.acting(as: client.client) {
            let identifier = try? kernel.get(
                key,
                size: 1000,
                flags: random.once(in: 3) ? .create : [],
                mode: FilePermissions(rawValue: 0o666)
            )
            guard let identifier else { return }
            trace.record("\(client.name) finds or makes \(identifier) under \(key)")
            guard client.attachments.count < 4,
                let address = try? kernel.attach(identifier, readOnly: true)
            else { return }
            client.attachments.append(address)
            oracle.lastUsed[identifier] = clock.now
            trace.record("\(client.name) attaches \(identifier)")
        }
    }

    /// Returns the key of a random declaration.
    func someKey() -> SegmentKey? {
        guard let name = declared.keys.sorted().first(where: { _ in random.once(in: 2) }),
            let definition = declared[name]
        else { return nil }
        switch definition.key {
        case .value(let key): return key
        case .ownFile: return try? kernel.key(ofFile: definition.file, project: random.pick([65, 66]))
        case .path(let path, let project): return try? kernel.key(ofFile: path, project: project)
        }
    }
}

/// A program that uses segments, with its connection, leases and attachments.
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

    /// Whether it is root or the broker's own user, which mode 0600 does not stop.
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
