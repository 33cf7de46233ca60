import EventLoop
import Glibc
import Logging
import SegmentBroker
import SegmentModel
import SegmentRecords
import SegmentTestSupport
import Synchronization
import SystemPackage
import SystemVSharedMemory
import Testing
import Varlink

@testable import SegmentService

/// The service on a fake kernel, beside services that do not answer for a while.
@Suite struct ExternalServicesTests {
    private static let short = ExternalServices.Limits(
        files: .milliseconds(200),
        names: .milliseconds(200),
        keys: .milliseconds(200)
    )

    /// Everything that lives on the event loop.
    private final class Scene {
        let fixture: BrokerFixture
        let service: SegmentService
        var serving = 0
        var isStarted = false
        var reloads: [Result<ReloadOutcome, BrokerError>] = []
        /// The longest time between two turns of the loop, and the total time.
        var turns = (longest: Duration.zero, total: Duration.zero)
        var isOver = false
        private var lastTurn: Duration?

        init(
            _ loop: EventLoop,
            _ source: ConfigurationSource,
            start: ExternalServices.Limits = short,
            reload: ExternalServices.Limits = short
        ) throws {
            fixture = try BrokerFixture()
            service = SegmentService(
                broker: fixture.broker,
                loop: loop,
                external: ExternalServices(source, start: start, reload: reload),
                notifications: ServiceNotifications(
                    reloading: {},
                    ready: { _ in },
                    status: { _ in },
                    alive: {}
                ),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                process: SegmentService.DaemonProcess(
                    identity: ServiceIdentity(vendor: "", product: "", version: "", url: ""),
                    processID: 1,
                    started: 0
                ),
                setLogLevel: { _ in }
            )
        }

        func start(_ segments: [SegmentDefinition]) {
            fixture.broker.takeOver(.init(), Configuration(segments: segments, directory: "/etc/segmentd"))
            service.start { [self] in
                serving += 1
            } then: { [self] in
                isStarted = true
            }
        }

        /// Measures the time whenever the loop serves others.
        func watchTurns() {
            let now = fixture.clock.now
            let passed = now - (lastTurn ?? now)
            turns = (max(turns.longest, passed), turns.total + passed)
            lastTurn = now
            guard !isOver else { return }
            service.loop.schedule(after: .microseconds(20)) { [weak self] in self?.watchTurns() }
        }

        func problem(_ reload: Int) -> String {
            guard case .failure(.configurationInvalid(let problems)) = reloads[reload] else { return "" }
            return problems.map(\.description).joined()
        }

        func kinds(_ name: String) -> [SegmentProblem.Kind]? {
            (try? fixture.describe(name)).map { $0.problems.map(\.kind) }
        }
    }

    private func source(
        _ segments: [SegmentDefinition] = [],
        read: @escaping @Sendable () -> Void = {},
        group: @escaping @Sendable () -> Void = {}
    ) -> ConfigurationSource {
        ConfigurationSource(
            read: {
                read()
                return .success(Configuration(segments: segments, directory: "/etc/segmentd"))
            },
            group: { _ in
                group()
                return .found(500)
            },
            ownGroup: { OwnGroup(name: "own", members: []) },
            key: {
                .found(SegmentKey(bits: UInt32(truncatingIfNeeded: $0.string.hashValue) & 0xffffff | 1 << 24))
            }
        )
    }

    /// Runs `body` on an event loop, then turns the loop until a condition holds.
    private func with(
        _ source: ConfigurationSource,
        start: ExternalServices.Limits = short,
        reload: ExternalServices.Limits = short,
        _ body: (Scene) throws -> Void,
        until steps: [(Scene) -> Bool]
    ) throws {
        let loop = try EventLoop()
        let scene = try Scene(loop, source, start: start, reload: reload)
        func turn() {
            var isOver = false
            let timer = loop.schedule(after: .milliseconds(2)) { isOver = true }
            loop.run { !isOver }
            loop.cancel(timer)
        }
        try body(scene)
        let end = ContinuousClock.now + .seconds(20)
        for (number, step) in steps.enumerated() {
            while !step(scene) {
                try #require(ContinuousClock.now < end, "step \(number) does not come")
                turn()
            }
        }
        // Timers keep the service alive, which keeps the loop alive.
        turn()
    }

    @Test func `a start continues without the name service, and the check creates what it blocked`() throws {
        let latch = Latch()
        try with(
            source(group: latch.wait),
            { scene in
                scene.start([.test("a"), .test("n", group: nil)])
            },
            until: [
                { $0.serving == 1 && !$0.isStarted },
                { $0.isStarted && $0.kinds("a") == [.groupUnknown] && $0.kinds("n") == [] },
                { scene in
                    latch.raise()
                    scene.service.checkNow()
                    return true
                },
                { $0.kinds("a") == [] && $0.serving == 1 && $0.fixture.broker.identity.groupName == "own" },
            ]
        )
    }

    @Test
    func `a reload fails while the name service or the files hang, and works once they answer`()
        throws
    {
        let (names, files) = (Latch(), Latch())
        let changed: [SegmentDefinition] = [.test("b")]
        let reload: (Scene) -> Bool = { scene in
            scene.service.reloadConfiguration { scene.reloads.append($0) }
            return true
        }
        try with(
            source(changed, read: files.wait, group: names.wait),
            { scene in
                scene.start([.test("n", group: nil)])
            },
            until: [
                { $0.isStarted }, reload,
                {
                    $0.reloads.count == 1
                        && $0.problem(0).contains("the file system of the configuration")
                },
                { _ in
                    files.raise()
                    return true
                }, reload,
                { $0.reloads.count == 2 && $0.problem(1).contains("the name service") },
                { $0.kinds("n") == [] && $0.kinds("b") == nil },
                { _ in
                    names.raise()
                    return true
                }, reload,
                { $0.reloads.count == 3 && $0.kinds("b") == [] && $0.kinds("n") == nil },
            ]
        )
    }

    private static let long = ExternalServices.Limits(
        files: .seconds(20),
        names: .seconds(20),
        keys: .seconds(20)
    )

    @Test func `a reload during a start runs after the start`() throws {
        let names = Latch()
        try with(
            source([.test("b")], group: names.wait),
            start: Self.long,
            reload: Self.long,
            { scene in
                scene.start([.test("a")])
                for _ in 0..<2 { scene.service.reloadConfiguration { scene.reloads.append($0) } }
            },
            until: [
                { $0.serving == 1 && !$0.isStarted && $0.reloads.isEmpty },
                { _ in
                    names.raise()
                    return true
                },
                { $0.isStarted },
                { scene in
                    guard scene.reloads.count == 2 else { return false }
                    for reload in scene.reloads {
                        #expect((try? reload.get())?.created.map(\.string) == ["b"])
                    }
                    return scene.kinds("b") == []
                },
            ]
        )
    }

    @Test func `a reload fails if the start has waited for a service as long as a reload would`() throws {
        let names = Latch()
        let reload: (Scene) -> Bool = { scene in
            scene.service.reloadConfiguration { scene.reloads.append($0) }
            return true
        }
        try with(
            source([.test("b")], group: names.wait),
            start: Self.long,
            { scene in
                scene.start([.test("a")])
                _ = reload(scene)
            },
            until: [
                { $0.reloads.count == 1 && $0.problem(0).contains("still starting") }, reload,
                { $0.reloads.count == 2 && $0.problem(1).contains("still starting") && !$0.isStarted },
                { _ in
                    names.raise()
                    return true
                },
                { $0.isStarted }, reload, { $0.reloads.count == 3 && $0.kinds("b") == [] },
            ]
        )
    }

    @Test func `a long reload and a long check let others be served every few milliseconds`() throws {
        let segments = (0..<200).map { SegmentDefinition.test("s\($0)", group: nil) }
        try with(
            source(segments),
            { scene in
                // Each call takes a millisecond.
                let clock = scene.fixture.clock
                scene.fixture.injector.before = { _ in clock.now += .milliseconds(1) }
                scene.start([])
                scene.watchTurns()
            },
            until: [
                { $0.isStarted },
                { scene in
                    scene.service.reloadConfiguration { scene.reloads.append($0) }
                    return true
                },
                { $0.reloads.count == 1 },
                { scene in
                    scene.service.checkNow()
                    return true
                },
                { !$0.service.isWorking },
                { scene in
                    scene.isOver = true
                    #expect(scene.turns.total > .seconds(1), "there is much to do")
                    #expect(scene.turns.longest < .milliseconds(25), "a slice of 5 ms, and a step")
                    return true
                },
            ]
        )
    }

    @Test func `while many leases of a client end, others are served every few milliseconds`()
        throws
    {
        try with(
            source(),
            { scene in
                scene.start([.test("a", mode: 0o666)])
            },
            until: [
                { $0.isStarted },
                { scene in
                    let session = Session(.member, of: scene.service)
                    for _ in 0..<500 {
                        _ = try? scene.fixture.broker.acquire("a", .readOnly, session.holder)
                    }
                    #expect(scene.fixture.broker.leaseCount == 500)
                    // Each event takes a tenth of a millisecond.
                    let clock = scene.fixture.clock
                    scene.fixture.broker.onEvent = { _ in clock.now += .microseconds(100) }
                    scene.watchTurns()
                    scene.service.releaseLeases(of: session)
                    return true
                },
                { $0.fixture.broker.leaseCount == 0 },
                { scene in
                    scene.isOver = true
                    #expect(scene.turns.total > .milliseconds(45), "there is much to do")
                    #expect(scene.turns.longest < .milliseconds(5), "a slice of 1 ms")
                    return true
                },
            ]
        )
    }
}
