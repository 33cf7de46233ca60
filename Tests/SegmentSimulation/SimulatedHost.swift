import SegmentBroker
import SegmentModel
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory

/// A host in small: one kernel, one disk, one administrator, four programs, and somebody who interferes.
final class SimulatedHost {
    /// `leases_per_user` of every configuration.
    static let leasesPerUser = 5

    private let fixture: BrokerFixture
    var kernel: FakeKernel { fixture.kernel }
    var disk: MemoryRecords { fixture.disk }
    var clock: ManualClock { fixture.clock }
    var isService: Bool { fixture.isService }
    let clients: [SimulatedClient]
    var random: SeededGenerator
    var trace = Trace()

    /// What the files declare now.
    var declared: [SegmentName: SegmentDefinition] = [:]
    var groups = GroupTable(lookups: ["telemetry": .found(500), "others": .found(700)])
    /// Nil while no daemon runs.
    var daemon: BrokerFixture? { isRunning ? fixture : nil }
    private var isRunning = false
    /// What the running broker was last told.
    var inForce: [SegmentName: SegmentDefinition] = [:]
    var groupsInForce = GroupTable()
    /// What the broker does now, nil between its commands.
    var command: Command?

    var oracle = Oracle()
    var subscriber = SubscriberModel()
    /// What is wrong, found by whoever noticed first.
    var violation: String?
    /// Nobody interferes.
    var isQuiescing = false
    /// A record could not be removed from the disk; it stays until the next start.
    var hasStaleRecords = false
    /// Something happened that the broker notices at its next check only.
    var isDisturbed = false

    init(seed: UInt64) throws {
        random = SeededGenerator(seed: seed)
        let isService = !random.once(in: 4)
        fixture = try BrokerFixture(isService: isService, logs: false)
        fixture.die()
        fixture.worker.isBusy = true
        clients = SimulatedClient.all(besidesService: isService)
        kernel.clock = clock
        kernel.capacity = 12
        kernel.largestSegment = 1 << 30
        kernel.totalBytes = .max
        for file in Declarations.keyFiles { kernel.files[file] = 0x300 }
    }

    /// Notes what must never be; only the first is told.
    func violate(_ text: @autoclosure () -> String) {
        if violation == nil { violation = text() }
    }

    func require(_ condition: Bool, _ text: @autoclosure () -> String) {
        if !condition { violate(text()) }
    }

    /// How often programs have a segment attached, the broker not counted.
    func clientAttachments(_ identifier: SegmentIdentifier) -> Int {
        guard let status = kernel.segments[identifier] else { return 0 }
        return Int(clamping: status.attachmentCount)
            - kernel.attachmentCount(of: identifier, in: BrokerFixture.processID)
    }

    /// A new daemon's process, on what the last one left.
    func revive() throws -> BrokerFixture {
        try fixture.revive()
        isRunning = true
        return fixture
    }

    /// The daemon is gone, and its attachments, connections and leases with it.
    func died() {
        fixture.die()
        isRunning = false
        for client in clients { (client.holder, client.leases) = (nil, []) }
        disturb()
    }

    func disturb() { isDisturbed = true }

    func isLeased(_ identifier: SegmentIdentifier) -> Bool {
        clients.contains { $0.leases.contains { $0.identifier == identifier } }
    }
}

/// What a broker is asked to do.
enum Command {
    case start, check, expire, describe, acquire
    case reload
    case endLeases
    case remove(SegmentName, RemovalPolicy)
    case stop(isRestart: Bool)
}
