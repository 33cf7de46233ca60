import Logging
import SegmentBroker
import SegmentModel
import SegmentRecords
import SystemPackage
import SystemVSharedMemory

/// A broker that can be made to crash, on a kernel and a disk that outlive it: user 990 with group 990; group
/// `telemetry` is 500.
package final class BrokerFixture {
    package static let userID: UInt32 = 990
    package static let processID: Int32 = 100
    package let kernel = FakeKernel(userID: userID, groupID: userID)
    package let disk = MemoryRecords()
    package let clock = ManualClock()
    package let log = LogLines()
    package let worker: Worker
    package var groups = GroupTable(lookups: ["telemetry": .found(500)])
    /// Whether the next broker is a system service.
    package var isService: Bool
    /// Counts the calls of this broker and makes them fail.
    package private(set) var injector = CrashInjector()
    package private(set) var broker: Broker
    package var events: [SegmentEvent] = []
    private let logger: Logger

    /// Creates a fixture; `logs` is false if there would be too much to keep.
    package init(isService: Bool = true, logs: Bool = true) throws {
        self.isService = isService
        kernel.processID = Self.processID
        logger = logs ? log.logger : Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        worker = Worker(kernel)
        broker = try Self.makeBroker(kernel, disk, clock, logger, worker, injector, isService: isService)
        listen()
    }

    private static func makeBroker(
        _ kernel: FakeKernel,
        _ disk: MemoryRecords,
        _ clock: ManualClock,
        _ logger: Logger,
        _ worker: Worker,
        _ injector: CrashInjector,
        isService: Bool
    ) throws -> Broker {
        try Broker(
            kernel: CrashingKernel(kernel, injector),
            records: CrashingRecords(disk, injector),
            clock: clock,
            identity: BrokerIdentity(
                userID: userID,
                groupID: userID,
                groupName: "segmentd",
                isService: isService,
                processID: processID
            ),
            logger: logger,
            detachElsewhere: { if !injector.hasCrashed { worker.add($0) } }
        )
    }

    private func listen() {
        broker.onEvent = { [unowned self] in events.append($0) }
    }

    /// Kills the broker and starts a new process on the same kernel and disk.
    package func kill() throws {
        die()
        try revive()
    }

    /// Ends the broker; the kernel detaches what it had attached.
    package func die() {
        injector.crash()
        broker.onEvent = nil
        worker.end()
        kernel.detachAll(ofProcess: Self.processID)
    }

    /// Creates a new broker process.
    package func revive() throws {
        injector = CrashInjector()
        broker = try Self.makeBroker(kernel, disk, clock, logger, worker, injector, isService: isService)
        listen()
    }

    /// Starts with these declarations; their files exist.
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

    private func configuration(_ definitions: [SegmentDefinition]) -> Configuration {
        for definition in definitions where kernel.files[definition.file] == nil {
            kernel.files[definition.file] = UInt32(0x100 + kernel.files.count)
        }
        return Configuration(segments: definitions.sorted { $0.name < $1.name }, directory: "/etc/segmentd")
    }

    /// Attaches a segment as a client.
    package func attach(_ identifier: SegmentIdentifier) throws -> AttachmentAddress {
        try kernel.acting(as: .root) { () throws(Errno) in
            try kernel.attach(identifier, readOnly: true)
        }
    }

    package func describe(_ name: String) throws -> SegmentDescription {
        try broker.describe(name, viewer: Viewer(client: .root, isAdministrator: true))
    }

    package func state(_ name: String) throws -> SegmentState { try describe(name).state }
}

/// Runs the detaches that a broker delegates.
package final class Worker {
    /// Whether it is busy and runs detaches only on demand.
    package var isBusy = false
    package private(set) var detaches: [AttachmentAddress] = []
    private let kernel: FakeKernel

    fileprivate init(_ kernel: FakeKernel) { self.kernel = kernel }

    /// Runs the first pending detach.
    package func work() {
        if !detaches.isEmpty { try? kernel.detach(detaches.removeFirst()) }
    }

    fileprivate func add(_ address: AttachmentAddress) {
        detaches.append(address)
        if !isBusy { work() }
    }

    fileprivate func end() { detaches = [] }
}

extension SegmentDefinition {
    /// Returns a declaration of 4096 bytes for group telemetry, unless specified otherwise.
    package static func test(
        _ name: String,
        size: UInt64 = 4096,
        group: String? = "telemetry",
        mode: CModeT = 0o660,
        keep: KeepDeclaration = .untilReboot,
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

/// A clock that the test advances.
package final class ManualClock: BrokerClock {
    package var now = Duration.seconds(1000)

    package init() {}

    package func monotonic() -> Duration { now }

    package func realtime() -> Int64 { 1_800_000_000_000_000 + Int64(now / .microseconds(1)) }
}

/// Records log lines; for one thread only.
package final class LogLines: @unchecked Sendable {
    /// Each line with its level in front.
    package fileprivate(set) var lines: [String] = []
    /// The fields of each line.
    package fileprivate(set) var fields: [[String: String]] = []

    package init() {}

    package var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

    private struct Handler: LogHandler {
        let log: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            log.lines.append("\(event.level): \(event.message)")
            log.fields.append((event.metadata ?? [:]).mapValues(\.description))
        }
    }
}
