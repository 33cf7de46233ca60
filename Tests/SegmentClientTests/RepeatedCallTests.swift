import Glibc
import SegmentClient
import SegmentTestSupport
import Testing

/// A connection that closes after a call was sent.
@Suite(.serialized) struct RepeatedCallTests {
    @Test func `a call that may have been done is not sent again`() throws {
        let broker = try FakeBroker { _ in .hangUp }
        broker.serve()
        defer { broker.end() }
        let client = try SegmentClient(socket: broker.path, timeLimit: .milliseconds(300))
        #expect(throws: SegmentClientError.self) { try client.remove("a") }
        #expect(broker.calls.count == 1)
        #expect(throws: SegmentClientError.self) { try client.reload() }
        #expect(broker.calls.count == 2)
    }

    @Test func `a question is asked again`() throws {
        let broker = try FakeBroker { _ in .hangUp }
        broker.serve()
        defer { broker.end() }
        let client = try SegmentClient(socket: broker.path, timeLimit: .milliseconds(300))
        #expect(throws: SegmentClientError.self) { try client.status() }
        #expect(broker.calls.count > 1)
    }
}
