import Glibc
import Segments
import SegmentModel
import SegmentTestSupport
import Synchronization
import SystemVSharedMemory
import Testing
import SystemPackage

/// An attached segment that a test can keep in an array.
final class Holding {
    var segment: AttachedSegment

    init(_ segment: consuming AttachedSegment) { self.segment = segment }

    func write(_ value: UInt64, at offset: Int) {
        segment.withMutableBytes { $0.storeBytes(of: value, toByteOffset: offset, as: UInt64.self) }
    }

    func read(at offset: Int) -> UInt64 {
        segment.withBytes { $0.unsafeLoad(fromByteOffset: offset, as: UInt64.self) }
    }
}

extension RealDaemon {
    /// The library against the daemon, in health and after each kind of end.
    @Suite(.serialized) struct ClientTests {
        @Test func `data written by one client is read by another`() throws {
            try DaemonFixture.with { daemon in
                let client = try daemon.client()
                try client.withSegment("a", access: .readWrite) { segment in
                    #expect(segment.name.string == "a")
                    #expect(segment.byteCount == 4096)
                    #expect(segment.access == .readWrite)
                    segment.withMutableBytes { $0.storeBytes(of: 42, toByteOffset: 8, as: Int32.self) }
                }
                let value = try daemon.client().withSegment("a", access: .readOnly) { segment in
                    segment.withBytes { $0.unsafeLoad(fromByteOffset: 8, as: Int32.self) }
                }
                #expect(value == 42)
            }
        }

        @Test func `the README's first program builds unchanged and counts`() throws {
            let sources = CLibrary.sources
            let example = try Programs.run("sed -n '/^```swift$/,/^```$/{/^```/d;p}' '\(sources)/README.md'")
                .output
            let built = try Programs.run("cat '\(sources)/Sources/Examples/Counter/Counter.swift'").output
            #expect(example.hasPrefix(built))
            #expect(built.contains(".atomic("))
            try DaemonFixture.with(["segments.d/telemetry.toml": "size = 4096"]) { daemon in
                let counter = "SEGMENTD_SOCKET='\(daemon.socket)' '\(Programs.path("counter"))'"
                for _ in 0..<3 { #expect(try Programs.run(counter) == (0, "")) }
                let count = try daemon.client().withSegment("telemetry", access: .readOnly) {
                    $0.atomic(UInt64.self, at: 0).load(ordering: .relaxed)
                }
                #expect(count == 3)
            }
        }

        @Test func `detach detaches and releases the lease`() throws {
            try DaemonFixture.with(["segments.d/a.toml": "size = 4096"]) { daemon in
                let client = try daemon.client()
                let segment = try client.attach("a")
                try segment.detach()
                #expect(try client.segment(named: "a").attachmentCount == 0)
                try client.awaitLeases(0)
            }
        }

        @Test func `the end of an attached segment detaches, then releases the lease`() throws {
            try DaemonFixture.with(["segments.d/a.toml": "size = 4096\nkeep = \"while-used\""]) { daemon in
                let client = try daemon.client()
                let observer = try daemon.client()
                do {
                    let segment = try client.attach("a")
                    let described = try observer.segment(named: "a")
                    #expect(described.leases.count == 1)
                    #expect(described.attachmentCount == 1)
                    #expect(described.identifier == segment.identifier)
                    #expect(described.key == segment.key)
                }
                // Had the lease been given back first, the segment would still be there until the next check.
                _ = try client.daemonStatus()
                #expect(try observer.segment(named: "a").state == .absent)
                // The daemon detaches its own attachment a moment later, on another thread.
                #expect(try LinuxKernel().allSegments().values.allSatisfy(\.isMarkedForRemoval))
            }
        }

        @Test func `errors repeat the broker's message`() throws {
            try DaemonFixture.with(["segments.d/b.toml": "size = 1\ngroup = \"ghosts\""]) { daemon in
                let client = try daemon.client()
                #expect(throws: SegmentClientError.refused(.noSuchSegment(name: "x"))) {
                    try client.segment(named: "x")
                }
                #expect {
                    _ = try client.attach("b")
                } throws: {
                    let error = $0 as? SegmentClientError
                    return error?.code == .segmentBlocked && error?.problem?.kind == .groupUnknown
                }
            }
        }

        @Test func `without a daemon the error names the socket`() throws {
            #expect(throws: SegmentClientError.unreachable(socket: "/no/such/socket", .noSuchFileOrDirectory))
            {
                try SegmentClient(socket: "/no/such/socket")
            }
        }

        @Test func `a recreated socket that is mounted by itself has a remedy to mount its directory`() throws
        {
            try DaemonFixture.with { daemon in
                daemon.kill()
                let result = try Programs.run(
                    "touch '\(daemon.directory)/mounted'; unshare --mount sh -c \"mount --bind '\(daemon.socket)' "
                        + "'\(daemon.directory)/mounted' && '\(Programs.path("segmentctl"))' "
                        + "--socket '\(daemon.directory)/mounted' key a\""
                )
                #expect(result.status == 7)
                #expect(
                    result.output.contains("mount its directory instead of the socket"),
                    "\(result.output)"
                )
            }
        }

        @Test func `a daemon that does not answer is waited for up to the limit`() throws {
            try DaemonFixture.with { daemon in
                let client = try daemon.client(timeout: .milliseconds(200))
                daemon.process.stopForNow()
                let start = ContinuousClock.now
                #expect(throws: SegmentClientError.timedOut) { try client.daemonStatus() }
                #expect(ContinuousClock.now - start < .seconds(3))
                daemon.process.signal(SIGCONT)
                #expect(try client.daemonStatus().segmentCount == 1)
            }
        }

        @Test func `isCurrent says whether the name still means this memory`() throws {
            try DaemonFixture.with { daemon in
                let client = try daemon.client()
                let segment = try client.attach("a")
                #expect(try segment.isCurrent())
                try client.remove("a", when: .immediately)
                #expect(try !segment.isCurrent())
                try client.remove("a", when: .immediately)
                #expect(try !segment.isCurrent())
                #expect(segment.withBytes { $0.byteCount } == 4096)
            }
        }

        @Test func `a lease that cannot be reacquired throws, and the memory stays`() throws {
            try DaemonFixture.with(["segments.d/a.toml": "size = 4096"]) { daemon in
                let client = try daemon.client()
                let segment = try client.attach("a")
                daemon.kill()
                unlink("\(daemon.segmentFiles)/a.toml")
                try daemon.start()
                #expect {
                    _ = try segment.isCurrent()
                } throws: {
                    ($0 as? SegmentClientError)?.code == .segmentBeingRemoved
                }
                #expect(segment.withBytes { $0.byteCount } == 4096)
                try daemon.write("size = 4096", to: "segments.d/a.toml")
                _ = try client.reloadConfiguration()
                #expect(try segment.isCurrent())
                #expect(try daemon.client().segment(named: "a").leases.count == 1)
            }
        }

        @Test
        func
            `the daemon is killed and started again under 50 clients: no error, no byte changed, leases back`()
            throws
        {
            let files = Dictionary(
                uniqueKeysWithValues: (0..<10).map { ("segments.d/s\($0).toml", "size = 65536") }
            )
            try DaemonFixture.with(files) { daemon in
                let clients = try (0..<50).map { _ in try daemon.client() }
                let holdings = try clients.enumerated().map {
                    Holding(try $1.attach(SegmentName(unchecked: "s\($0 % 10)")))
                }
                for (number, holding) in holdings.enumerated() {
                    holding.write(UInt64(number) << 32 | 7, at: number * 8)
                }
                let before = try LinuxKernel().allSegments()
                #expect(before.count == 10)
                for _ in 0..<3 {
                    daemon.kill()
                    try daemon.start()
                    #expect(Set(try LinuxKernel().allSegments().keys) == Set(before.keys))
                    for (number, holding) in holdings.enumerated() {
                        #expect(try holding.segment.isCurrent())
                        #expect(holding.read(at: number * 8) == UInt64(number) << 32 | 7)
                    }
                    let described = try daemon.client().segments()
                    #expect(described.map(\.leases.count) == Array(repeating: 5, count: 10))
                    #expect(described.map(\.attachmentCount) == Array(repeating: 5, count: 10))
                    #expect(described.allSatisfy { $0.state == .ready })
                }
            }
        }

        @Test func `a call while the daemon is away waits for it`() throws {
            try DaemonFixture.with { daemon in
                let client = try daemon.client()
                _ = try client.daemonStatus()
                daemon.kill()
                let waiting = Waiting { try client.daemonStatus().segmentCount }
                usleep(100_000)
                try daemon.start()
                #expect(try waiting.result() == 1)
            }
        }

        @Test func `a client killed with -9 loses its lease within 10 ms`() throws {
            try DaemonFixture.with(["segments.d/a.toml": "size = \"16 MiB\""]) { daemon in
                let events = try daemon.client().events()
                var times: [Duration] = []
                for _ in 0..<5 {
                    var ends: [Int32] = [0, 0]
                    pipe(&ends)
                    let client = try ChildProcess(
                        [Programs.path("segment-writer"), "a"],
                        environment: ["SEGMENTD_SOCKET": daemon.socket],
                        input: ends[0]
                    )
                    while try events.next(timeout: .seconds(10))?.kind != .leased {}
                    while try daemon.client().segment(named: "a").attachmentCount != 1 { usleep(1000) }
                    let start = ContinuousClock.now
                    client.signal(SIGKILL)
                    while try events.next(timeout: .seconds(10))?.kind != .released {}
                    times.append(ContinuousClock.now - start)
                    client.wait()
                    ends.forEach { close($0) }
                    #expect(try daemon.client().segment(named: "a").attachmentCount == 0)
                }
                // The machine may be busy with other things for one of them.
                #expect(times.sorted()[2] < Sanitizer.limit(.milliseconds(10)), "\(times)")
            }
        }

        @Test func `several threads share one client`() throws {
            try DaemonFixture.with { daemon in
                let client = try daemon.client()
                let threads = (0..<8).map { _ in
                    Waiting {
                        for _ in 0..<50 { try client.withSegment("a") { _ = try $0.isCurrent() } }
                        return 50
                    }
                }
                #expect(try threads.map { try $0.result() } == Array(repeating: 50, count: 8))
                // So many given back at once may not fit the socket: then they end with the connection.
                for _ in 0..<500 where try client.daemonStatus().leaseCount > 0 { usleep(10_000) }
                #expect(try client.daemonStatus().leaseCount == 0)
            }
        }

        @Test func `events arrive in order`() throws {
            try DaemonFixture.with { daemon in
                let events = try daemon.client().events()
                var kinds: [SegmentEvent.Kind] = []
                // What changes before is shown as it is then, not told.
                while kinds.last != .snapshotEnded, let event = try events.next(timeout: .seconds(5)) {
                    kinds.append(event.kind)
                }
                let client = try daemon.client()
                try client.withSegment("a") { _ in }
                try client.remove("a")
                _ = try client.reloadConfiguration()
                while kinds.count < 6, let event = try events.next(timeout: .seconds(5)) {
                    kinds.append(event.kind)
                }
                #expect(kinds == [.snapshot, .snapshotEnded, .leased, .released, .removed, .created])
                #expect(throws: SegmentClientError.timedOut) { try events.next(timeout: .milliseconds(50)) }
                daemon.stop()
                #expect(throws: SegmentClientError.timedOut) { try events.next(timeout: .milliseconds(50)) }
            }
        }

        @Test func `nothing is trusted from another IPC namespace`() throws {
            try DaemonFixture.with { daemon in
                let result = try Programs.run(
                    "SEGMENTD_SOCKET='\(daemon.socket)' unshare --ipc '\(Programs.path("segmentctl"))' read a"
                )
                #expect(result.status == 1)
                #expect(result.output.contains("the broker's segments are in IPC namespace"))
            }
        }

        @Test(.enabled(if: Programs.canSwitchUser)) func `a broker of another user is not trusted`() throws {
            try DaemonFixture.with { daemon in
                let result = try Programs.run(
                    "chmod 0777 '\(daemon.directory)'; cp '\(Programs.path("segmentctl"))' '\(daemon.directory)/'; "
                        + "SEGMENTD_SOCKET='\(daemon.directory)/fake' perl -MIO::Socket::UNIX -e '"
                        + "$( = $) = 64011; $< = $> = 64011; "
                        + "my $s = IO::Socket::UNIX->new(Type => SOCK_STREAM, Local => $ENV{SEGMENTD_SOCKET}, Listen => 1); "
                        + "sleep 5' & sleep 0.5; SEGMENTD_SOCKET='\(daemon.directory)/fake' "
                        + "'\(Programs.path("segmentctl"))' list"
                )
                #expect(result.status == 7)
                #expect(
                    result.output.contains(
                        "belongs to user 64011, neither root nor yourself (user 0): not accepted"
                    )
                )
            }
        }
    }
}

/// Work on a thread of its own, waited for.
final class Waiting: @unchecked Sendable {
    private let outcome = Mutex<Result<Int, any Error>?>(nil)
    private var thread = pthread_t()

    init(_ body: @escaping @Sendable () throws -> Int) {
        let work: () -> Void = { [outcome = Outcome(self)] in outcome.set(Result { try body() }) }
        let box = Unmanaged.passRetained(Box(work))
        pthread_create(
            &thread,
            nil,
            { argument in
                if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().work() }
                return nil
            },
            box.toOpaque()
        )
    }

    func result() throws -> Int {
        pthread_join(thread, nil)
        return try #require(outcome.withLock { $0 }).get()
    }

    private struct Outcome: @unchecked Sendable {
        unowned let owner: Waiting

        init(_ owner: Waiting) { self.owner = owner }

        func set(_ result: Result<Int, any Error>) { owner.outcome.withLock { $0 = result } }
    }

    private final class Box {
        let work: () -> Void

        init(_ work: @escaping () -> Void) { self.work = work }
    }
}
