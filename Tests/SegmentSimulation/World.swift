import SegmentBroker
import SegmentModel
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory

/// A host in small: one kernel, one disk, one administrator, four programs, and somebody who interferes.
final class World {
    /// `leases_per_user` of every configuration.
    static let leasesPerUser = 5

    let kernel = FakeKernel(userID: BrokerLife.userID, groupID: BrokerLife.userID)
    let disk = MemoryRecords()
    let clock = ManualClock()
    let isService: Bool
    let clients: [SimulatedClient]
    var random: SeededGenerator
    var story = Story()

    /// What the files declare now.
    var declared: [SegmentName: SegmentDefinition] = [:]
    var groups = GroupTable(lookups: ["telemetry": .found(500), "others": .found(700)])
    /// Nil while no daemon runs.
    var life: BrokerLife?
    /// What the running broker was last told.
    var inForce: [SegmentName: SegmentDefinition] = [:]
    var groupsInForce = GroupTable()
    /// What the broker does now, nil between its commands.
    var command: Command?

    var ledger = Ledger()
    var mirror = Mirror()
    /// What is wrong, found by whoever noticed first.
    var violation: String?
    /// Nobody interferes.
    var isResting = false
    /// A record could not be removed from the disk; it stays until the next start.
    var hasStaleRecords = false
    /// Something happened that the broker notices at its next check only.
    var isDisturbed = false

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        isService = !random.once(in: 4)
        clients = SimulatedClient.all(besidesService: isService)
        kernel.clock = clock
        kernel.processID = BrokerLife.processID
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
            - kernel.attachmentCount(of: identifier, in: BrokerLife.processID)
    }

    func isLeased(_ identifier: SegmentIdentifier) -> Bool {
        clients.contains { $0.leases.contains { $0.identifier == identifier } }
    }
}

/// What a broker is asked to do.
enum Command {
    case start, check, expire, describe, acquire
    case reload
    case endLeases
    case remove(SegmentName, RemoveWhen)
    case stop(isRestart: Bool)
}
