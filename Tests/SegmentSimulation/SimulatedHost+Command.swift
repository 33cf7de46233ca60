import SegmentBroker
import SegmentModel
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory

/// Runs a command of the broker, with random events in the middle of it.
extension SimulatedHost {
    /// Runs a command; returns nil if the broker crashed.
    @discardableResult
    func run<Result>(
        _ command: Command,
        _ text: @autoclosure () -> String,
        _ body: (Broker) throws -> Result
    ) -> Swift.Result<Result, any Error>? {
        guard let daemon else { return nil }
        self.command = command
        oracle.begin()
        daemon.injector.restart()
        prepareFate(daemon)
        let fate = self.fate(daemon)
        let result = Swift.Result { try body(daemon.broker) }
        self.command = nil
        let failed = daemon.injector.hasFailed
        trace.record(text() + (failed ? fate : "") + outcome(result, daemon))
        if failed {
            disturb()
            if let fault = daemon.injector.fault { forgive(daemon.injector.calls[fault.index]) }
        }
        oracle.hasFailed = failed
        daemon.injector.restart()
        if daemon.injector.hasCrashed { died() }
        return self.daemon == nil ? nil : result
    }

    private func prepareFate(_ daemon: BrokerFixture) {
        // A start makes more calls than other commands, and is rarer.
        let isStart = if case .start? = command { true } else { false }
        if random.once(in: isStart ? 12 : 60) {
            daemon.injector.end = (random.below(random.pick([4, 12, 40])), random.once(in: 2))
        }
        if random.once(in: isStart ? 12 : 80) {
            daemon.injector.fault = (
                random.below(random.pick([3, 10, 30])),
                random.pick([.noMemory, .noSpace, .permissionDenied, .notPermitted, .ioError, .overflow])
            )
        }
    }

    private func fate(_ daemon: BrokerFixture) -> String {
        daemon.injector.fault.map { ", call \($0.index) fails: \($0.errno)" } ?? ""
    }

    private func outcome<Result>(_ result: Swift.Result<Result, any Error>, _ daemon: BrokerFixture) -> String
    {
        if daemon.injector.hasCrashed {
            return " – killed at \(daemon.injector.calls.last.map { "\($0)" } ?? "once")"
                + (daemon.injector.end?.afterEffect == true ? ", after it" : ", before it")
        }
        return switch result {
        case .success(let segment as SegmentDescription):
            " – \(segment.state) \(segment.identifier.map { "\($0)" } ?? "") \(segment.problems.map(\.kind.rawValue))"
        case .success(let grant as Grant): " – \(grant.identifier), lease \(grant.lease)"
        case .success(let value): value is Void ? "" : " – \(value)"
        case .failure(let error): " – refused: \(error)"
        }
    }

    func begin() throws {
        let daemon = try revive()
        daemon.broker.onEvent = nil
        daemon.injector.before = { [unowned self] in
            interleave($0); checkCall($0)
        }
        daemon.injector.after = { [unowned self] in remember($0, $1) }
        (inForce, groupsInForce) = (declared, groups)
        hasStaleRecords = false
        isDisturbed = disk.writeFailure != nil || disk.removalFailure != nil
        let configuration = configuration()
        let result = run(.start, "start with \(names(declared))") {
            try $0.start(configuration, groups: groups)
        }
        guard case .success = result, let daemon = self.daemon else { return died() }
        subscriber.begin(walk(daemon.broker))
        daemon.broker.onEvent = { [unowned self] in
            subscriber.hear($0)
            oracle.hear($0)
        }
    }

    func configuration() -> Configuration {
        var settings = DaemonSettings()
        settings.limits.leasesPerUser = Self.leasesPerUser
        return Configuration(
            settings: settings,
            segments: declared.values.sorted { $0.name < $1.name },
            directory: "/etc/segmentd"
        )
    }

    func names(_ definitions: [SegmentName: SegmentDefinition]) -> String {
        definitions.keys.sorted().map(\.string).joined(separator: " ")
    }

    /// Returns every segment as shown by the broker.
    func walk(_ broker: Broker) -> [SegmentDescription] {
        let viewer = Viewer(client: .root, isAdministrator: true)
        var segments: [SegmentDescription] = []
        while let next = broker.segment(after: segments.last?.name, viewer: viewer, memory: [:]) {
            segments.append(next)
        }
        return segments
    }
}
