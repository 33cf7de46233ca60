import Glibc
import Segments
import SegmentInterface
import SegmentTestSupport
import Testing
import SystemPackage

/// A connection that closes after a call was sent.
@Suite(.serialized) struct RepeatedCallTests {
    @Test func `a call that may have been done is not sent again`() throws {
        let broker = try FakeBroker { _ in .hangUp }
        broker.serve()
        defer { broker.end() }
        let client = try SegmentClient(socket: FilePath(broker.path), timeout: .milliseconds(300))
        #expect(throws: SegmentClientError.self) { try client.remove("a") }
        #expect(broker.calls.count == 1)
        #expect(throws: SegmentClientError.self) { try client.reloadConfiguration() }
        #expect(broker.calls.count == 2)
    }

    @Test func `a question is asked again`() throws {
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
    func `only what changes nothing, or goes with the connection, is called again`(method: BrokerMethod) {
        #expect(Self.repeated[method] == method.canBeRepeated)
    }
}

/// Handled signals end no wait.
@Suite(.serialized) struct InterruptionTests {
    private static let status = #"""
        {"parameters":{"version":"1","processId":1,"startedUSec":1,"configuration":"","segments":7,"blocked":0,
        "leases":0,"connections":1,"segmentBytes":0,"ipcNamespace":1,"kernelSegments":0,"kernelSegmentsMax":1,
        "kernelSegmentBytesMax":1,"warnings":[]}}
        """#

    @Test func `a connect that waits for a place in the queue goes on after a signal`() throws {
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

    @Test func `a full queue is waited for no longer than the limit, signals or not`() throws {
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

    @Test func `a time limit of nothing is over at once`() throws {
        let broker = try FakeBroker(backlog: 0)
        defer { broker.end() }
        let first = try SegmentClient(socket: FilePath(broker.path))
        let waiting = Thread { try SegmentClient(socket: FilePath(broker.path), timeout: .zero) }
        #expect(throws: SegmentClientError.timedOut) { try waiting.value(timeLimit: .seconds(5)) }
        _ = first
    }

    @Test func `the wait for events of a daemon that is away goes on after a signal`() throws {
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

    @Test func `an answer that comes late is waited for through signals`() throws {
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
