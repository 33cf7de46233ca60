import Glibc
import Segments
import SegmentInterface
import SegmentTestSupport
import Testing
import SystemPackage

/// A connection that closes after a call was sent.
@Suite(.serialized) struct RepeatedCallTests {
    @Test func `a call that may have taken effect is not repeated`() throws {
        let broker = try FakeBroker { _ in .hangUp }
        broker.serve()
        defer { broker.end() }
        let client = try SegmentClient(socket: FilePath(broker.path), timeout: .milliseconds(300))
        #expect(throws: SegmentClientError.self) { try client.remove("a") }
        #expect(broker.calls.count == 1)
        #expect(throws: SegmentClientError.self) { try client.reloadConfiguration() }
        #expect(broker.calls.count == 2)
    }

    @Test func `a question is repeated`() throws {
        let broker = try FakeBroker { _ in .hangUp }
        broker.serve()
        defer { broker.end() }
        let client = try SegmentClient(socket: FilePath(broker.path), timeout: .milliseconds(300))
        #expect(throws: SegmentClientError.self) { try client.daemonStatus() }
        #expect(broker.calls.count > 1)
    }
}

@Suite struct BrokerMethodTests {
    static let repeated: [BrokerMethod: Bool] = [
        .acquire: true, .describe: true, .list: true, .subscribe: true, .getStatus: true, .ping: true,
        .release: false, .remove: false, .renew: false, .reload: false, .reloadService: false,
        .setLogLevel: false,
    ]

    @Test(arguments: BrokerMethod.allCases)
    func `only calls without a lasting effect are repeated`(method: BrokerMethod) {
        #expect(Self.repeated[method] == method.canBeRepeated)
    }
}

/// Handled signals do not end a wait.
@Suite(.serialized) struct InterruptionTests {
    private static let status = #"""
        {"parameters":{"version":"1","processId":1,"startedUSec":1,"configuration":"","segments":7,"blocked":0,
        "leases":0,"connections":1,"segmentBytes":0,"ipcNamespace":1,"kernelSegments":0,"kernelSegmentsMax":1,
        "kernelSegmentBytesMax":1,"warnings":[]}}
        """#

    @Test func `a connect waiting in the queue continues after a signal`() throws {
        let broker = try FakeBroker(backlog: 0) { _ in .reply(Self.status) }
        defer { broker.end() }
        let first = try SegmentClient(socket: FilePath(broker.path))
        let serving = Thread {
            usleep(100_000)
            broker.serve()
        }
        let before = handledInterruptions
        let second = try interrupted { try SegmentClient(socket: FilePath(broker.path)) }
        try serving.value()
        #expect(handledInterruptions - before > 10)
        #expect(try second.daemonStatus().segmentCount == 7)
        _ = first
    }

    @Test func `a full queue is waited for up to the limit, signals or not`() throws {
        let broker = try FakeBroker(backlog: 0)
        defer { broker.end() }
        let first = try SegmentClient(socket: FilePath(broker.path))
        let start = ContinuousClock.now
        #expect(throws: SegmentClientError.timedOut) {
            try interrupted { try SegmentClient(socket: FilePath(broker.path), timeout: .milliseconds(100)) }
        }
        #expect(ContinuousClock.now - start < .seconds(5))
        _ = first
    }

    @Test func `a zero time limit has passed at once`() throws {
        let broker = try FakeBroker(backlog: 0)
        defer { broker.end() }
        let first = try SegmentClient(socket: FilePath(broker.path))
        let waiting = Thread { try SegmentClient(socket: FilePath(broker.path), timeout: .zero) }
        #expect(throws: SegmentClientError.timedOut) { try waiting.value(timeLimit: .seconds(5)) }
        _ = first
    }

    @Test func `waiting for events without a daemon continues after a signal`() throws {
        let broker = try FakeBroker { _ in .hangUp }
        broker.serve()
        let client = try SegmentClient(socket: FilePath(broker.path))
        let before = handledInterruptions
        let start = ContinuousClock.now
        #expect(throws: SegmentClientError.timedOut) {
            try interrupted {
                let events = try client.events()
                broker.end()
                return try events.next(timeout: .milliseconds(60))?.kind
            }
        }
        #expect(ContinuousClock.now - start >= .milliseconds(60))
        #expect(handledInterruptions - before > 10)
    }

    @Test func `a late answer is waited for despite signals`() throws {
        let broker = try FakeBroker { _ in
            usleep(100_000)
            return .reply(Self.status)
        }
        broker.serve()
        defer { broker.end() }
        let before = handledInterruptions
        #expect(
            try interrupted { try SegmentClient(socket: FilePath(broker.path)).daemonStatus().segmentCount }
                == 7
        )
        #expect(handledInterruptions - before > 20)
    }
}
