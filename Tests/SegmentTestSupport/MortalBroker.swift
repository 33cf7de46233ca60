import Logging
import SegmentBroker
import SegmentModel
import SystemPackage
import SystemVSharedMemory

/// A broker that hangs by a lifeline, on a kernel and a disk that outlive it.
package final class MortalBroker {
    package static let processID: Int32 = 100
    package let kernel = FakeKernel(userID: 990, groupID: 990)
    package let disk = MemoryRecords()
    package let clock = ManualClock()
    package private(set) var lifeline = Lifeline()
    package private(set) var broker: Broker
    /// Whether what is to be detached elsewhere is not yet.
    package let worker = SlowWorker()
    package var groups = GroupTable(lookups: ["telemetry": .found(500)])

    package init() throws {
        kernel.processID = Self.processID
        broker = try Self.makeBroker(kernel, disk, clock, lifeline, worker)
    }

    private static func makeBroker(
        _ kernel: FakeKernel,
        _ disk: MemoryRecords,
        _ clock: ManualClock,
        _ lifeline: Lifeline,
        _ worker: SlowWorker
    ) throws -> Broker {
        try Broker(
            kernel: MortalKernel(kernel, lifeline),
            records: MortalRecords(disk, lifeline),
            clock: clock,
            identity: BrokerIdentity(
                userID: 990,
                groupID: 990,
                groupName: "segmentd",
                isService: true,
                processID: processID
            ),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            detachElsewhere: {
                guard !lifeline.isCut, !worker.isBusy else { return }
                try? kernel.detach($0)
            }
        )
    }

    /// Kill -9, and a new process on what the last one left.
    package func kill() throws {
        lifeline.cut()
        kernel.detachAll(ofProcess: Self.processID)
        lifeline = Lifeline()
        broker = try Self.makeBroker(kernel, disk, clock, lifeline, worker)
    }

    package func start(_ definitions: [SegmentDefinition]) throws {
        try broker.start(configuration(definitions), groups: groups)
    }

    @discardableResult
    package func reload(_ definitions: [SegmentDefinition]) -> ReloadOutcome {
        broker.reload(configuration(definitions), groups: groups)
    }

    package func check() {
        broker.check(groups: groups)
        broker.expire()
    }

    /// A program with the segment attached.
    package func attach(_ identifier: SegmentIdentifier) throws -> AttachmentAddress {
        try kernel.acting(as: .root) { () throws(Errno) in
            try kernel.attach(identifier, readOnly: true)
        }
    }

    package func describe(_ name: String) throws -> SegmentDescription {
        try broker.describe(name, viewer: Viewer(client: .root, isAdministrator: true))
    }

    private func configuration(_ definitions: [SegmentDefinition]) -> Configuration {
        for definition in definitions where kernel.files[definition.file] == nil {
            kernel.files[definition.file] = UInt32(0x100 + kernel.files.count)
        }
        return Configuration(
            segments: definitions.sorted { $0.name < $1.name },
            directory: "/etc/segmentd"
        )
    }
}

/// Where a broker lets attachments be detached.
package final class SlowWorker {
    /// It has other work, and does not get to it.
    package var isBusy = false
}
