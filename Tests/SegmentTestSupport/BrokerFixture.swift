import Logging
import SegmentBroker
import SegmentModel
import SegmentRecords
import SystemPackage
import SystemVSharedMemory

/// A broker on fakes: user 990 with group 990; group `telemetry` is 500.
package final class BrokerFixture {
    package static let daemonUserID: UInt32 = 990
    package let fake: FakeKernel
    /// Counts the broker's calls to the kernel, and lets them fail.
    package let lifeline = Lifeline()
    private let kernel: MortalKernel
    package let records: MemoryRecords
    package let clock = ManualClock()
    package let log = LogLines()
    package var isService = true
    package private(set) var broker: Broker
    package var events: [SegmentEvent] = []
    package var groups = GroupTable(lookups: ["telemetry": .found(500)])

    package init() throws {
        fake = FakeKernel(userID: Self.daemonUserID, groupID: Self.daemonUserID)
        kernel = MortalKernel(fake, lifeline)
        records = MemoryRecords()
        broker = try Self.makeBroker(kernel, records, clock, log, isService: true)
        listen()
    }

    private static func makeBroker(
        _ kernel: MortalKernel,
        _ records: MemoryRecords,
        _ clock: ManualClock,
        _ log: LogLines,
        isService: Bool
    ) throws -> Broker {
        try Broker(
            kernel: kernel,
            records: records,
            clock: clock,
            identity: BrokerIdentity(
                userID: daemonUserID,
                groupID: daemonUserID,
                groupName: "segmentd",
                isService: isService,
                processID: 1
            ),
            logger: log.logger,
            detachElsewhere: { try? kernel.detach($0) }
        )
    }

    private func listen() {
        broker.onEvent = { [unowned self] in events.append($0) }
    }

    /// Starts with these declarations; their files exist.
    package func start(_ definitions: [SegmentDefinition]) throws {
        addFiles(definitions)
        try broker.start(configuration(definitions), groups: groups)
    }

    package func reload(_ definitions: [SegmentDefinition]) -> ReloadOutcome {
        addFiles(definitions)
        return broker.reload(configuration(definitions), groups: groups)
    }

    /// Kill -9: the broker is gone, and the kernel detaches what it had attached.
    package func kill() throws {
        broker.onEvent = nil
        fake.detachAll(of: Self.daemonUserID)
        broker = try Self.makeBroker(kernel, records, clock, log, isService: isService)
        listen()
    }

    private func addFiles(_ definitions: [SegmentDefinition]) {
        for definition in definitions where fake.files[definition.file] == nil {
            fake.files[definition.file] = UInt32(0x100 + fake.files.count)
        }
    }

    private func configuration(_ definitions: [SegmentDefinition]) -> Configuration {
        Configuration(segments: definitions.sorted { $0.name < $1.name }, directory: "/etc/segmentd")
    }

    package func describe(_ name: String) throws -> SegmentDescription {
        try broker.describe(name, viewer: Viewer(client: .root, isAdministrator: true))
    }

    package func state(_ name: String) throws -> SegmentState { try describe(name).state }
}

extension SegmentDefinition {
    /// A segment of 4096 bytes for group telemetry, unless said otherwise.
    package static func test(
        _ name: String,
        size: UInt64 = 4096,
        group: String? = "telemetry",
        mode: CModeT = 0o660,
        keep: KeepPolicy = .untilReboot,
        key: KeyDeclaration = .ownFile
    ) -> SegmentDefinition {
        guard let segment = SegmentName(name) else { preconditionFailure("\(name) is no segment's name") }
        return SegmentDefinition(
            name: segment,
            size: ByteCount(bytes: size),
            group: group,
            mode: FilePermissions(rawValue: mode),
            keep: keep,
            key: key,
            file: FilePath("/etc/segmentd/segments.d/\(name).toml")
        )
    }
}

extension Client {
    package static let root = Client(processID: 1, userID: 0, groupID: 0, supplementaryGroupIDs: [])
    package static let member = Client(
        processID: 2,
        userID: 1000,
        groupID: 1000,
        supplementaryGroupIDs: [500]
    )
    package static let stranger = Client(processID: 3, userID: 1001, groupID: 1001, supplementaryGroupIDs: [])
}
