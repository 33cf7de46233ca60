import SegmentBroker
import SegmentModel
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory

/// A simulated host: a kernel, a disk, an administrator, four programs, and processes that interfere.
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

    /// The current declarations in the files.
    var declared: [SegmentName: SegmentDefinition] = [:]
    var groups = GroupTable(lookups: ["telemetry": .found(500), "others": .found(700)])
    /// The running daemon; nil if there is none.
    var daemon: BrokerFixture? { isRunning ? fixture : nil }
    private var isRunning = false
    /// The declarations in force in the running broker.
    var inForce: [SegmentName: SegmentDefinition] = [:]
    var groupsInForce = GroupTable()
    /// The broker's current command; nil between commands.
    var command: Command?

    var oracle = Oracle()
    var subscriber = SubscriberModel()
    /// The first violation found.
    var violation: String?
    /// Whether interference has ended.
    var isQuiescing = false
    /// Whether a record could not be removed from the disk; it stays until the next start.
    var hasStaleRecords = false
    /// Whether something happened that the broker will notice only at its next check.
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

    /// Notes a violation; only the first is reported.
    func violate(_ text: @autoclosure () -> String) {
        if violation == nil { violation = text() }
    }

    func require(_ condition: Bool, _ text: @autoclosure () -> String) {
        if !condition { violate(text()) }
    }

    /// Returns how many times programs have a segment attached, not counting the broker.
    func clientAttachments(_ identifier: SegmentIdentifier) -> Int {
        guard let status = kernel.segments[identifier] else { return 0 }
        return Int(clamping: status.attachmentCount)
            - kernel.attachmentCount(of: identifier, in: BrokerFixture.processID)
    }

    /// Starts a new daemon process on the same kernel and disk.
    func revive() throws -> BrokerFixture {
        try fixture.revive()
        isRunning = true
        return fixture
    }

    /// Ends the daemon with its attachments, connections and leases.
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

/// A command of the broker.
enum Command {
    case start, check, expire, describe, acquire
    case reload
    case endLeases
    case remove(SegmentName, RemovalPolicy)
    case stop(isRestart: Bool)
}
