import Segments
import SegmentTestSupport
import SystemPackage
import Testing

/// Events as a task waits for them.
@Suite(.serialized) struct AsynchronousEventTests {
    private static let snapshot =
        #"{"continues":true,"parameters":{"event":"leased","name":"a"}}"# + "\0"
        + #"{"continues":true,"parameters":{"event":"listed"}}"#

    private func broker(_ answer: @escaping @Sendable (String) -> FakeBroker.Answer) throws -> FakeBroker {
        let broker = try FakeBroker(answer: answer)
        broker.serve()
        return broker
    }

    @Test func `events that are there come in order`() async throws {
        let broker = try broker { _ in .reply(Self.snapshot) }
        defer { broker.end() }
        var kinds: [SegmentEvent.Kind] = []
        for try await event in try SegmentClient(socket: FilePath(broker.path)).events() {
            kinds.append(event.kind)
            if event.kind == .snapshotEnded { break }
        }
        #expect(kinds == [.leased, .snapshotEnded])
    }

    @Test(.timeLimit(.minutes(1)))
    func `a cancelled task ends, although no event comes`() async throws {
        let broker = try broker { _ in .reply(Self.snapshot) }
        defer { broker.end() }
        let events = try SegmentClient(socket: FilePath(broker.path)).events()
        let task = Task {
            var count = 0
            for try await _ in events { count += 1 }
            return count
        }
        try await Task.sleep(for: .milliseconds(100))
        task.cancel()
        #expect(try await task.value == 2)
        // The subscription goes on, with a new snapshot.
        #expect(try events.next(timeout: .seconds(5))?.kind == .leased)
        #expect(events.connectionCount == 2)
    }

    @Test(.timeLimit(.minutes(1)))
    func `a cancelled task ends, although the daemon is away`() async throws {
        let broker = try broker { _ in .hangUp }
        let events = try SegmentClient(socket: FilePath(broker.path)).events()
        broker.end()
        let task = Task { for try await _ in events {} }
        try await Task.sleep(for: .milliseconds(100))
        task.cancel()
        try await task.value
    }

    @Test(.timeLimit(.minutes(1)))
    func `a cancelled task ends, although the daemon does not answer`() async throws {
        let broker = try FakeBroker { _ in .silence }
        defer { broker.end() }
        let events = try SegmentClient(socket: FilePath(broker.path), timeout: .seconds(1)).events()
        let task = Task { for try await _ in events {} }
        try await Task.sleep(for: .milliseconds(100))
        task.cancel()
        try await task.value
    }

    @Test func `what waiting does not mend is thrown, and the next event can be waited for`() async throws {
        let broker = try broker { _ in .reply(#"{"continues":true,"parameters":{}}"# + "\0" + Self.snapshot) }
        defer { broker.end() }
        let events = try SegmentClient(socket: FilePath(broker.path)).events()
        var iterator = events.makeAsyncIterator()
        do throws(SegmentClientError) {
            _ = try await iterator.next()
            Issue.record("an event without a kind is told")
        } catch {
            #expect(error.code == .protocolViolation)
        }
        #expect(try await iterator.next()?.kind == .leased)
    }
}
