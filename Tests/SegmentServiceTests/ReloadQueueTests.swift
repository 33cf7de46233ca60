import SegmentModel
import Testing

@testable import SegmentService

@Suite struct ReloadQueueTests {
    /// Requests reloads and records their outcomes.
    private final class Asker {
        var outcomes = 0

        func ask(_ queue: inout ReloadQueue, removeAll: Bool = false) -> Bool {
            queue.request(removeAll: removeAll) { _ in self.outcomes += 1 }
        }
    }

    private func tell(_ completions: [ReloadQueue.Completion]) {
        for completion in completions { completion(.failure(.permissionDenied)) }
    }

    @Test func `requests before a reload begins share it`() {
        var queue = ReloadQueue()
        let (first, second, third) = (Asker(), Asker(), Asker())
        let begins = [first.ask(&queue), second.ask(&queue), third.ask(&queue, removeAll: true)]
        #expect(begins == [true, false, false])
        #expect(!queue.removesAll)
        var (done, another) = queue.finish()
        tell(done)
        #expect(another)
        #expect(queue.removesAll)
        #expect([first, second, third].map(\.outcomes) == [1, 0, 0])
        (done, another) = queue.finish()
        tell(done)
        #expect(!another)
        #expect([first, second, third].map(\.outcomes) == [1, 1, 1])
    }

    @Test func `a request during the start gets a reload after it`() {
        var queue = ReloadQueue()
        queue.begin()
        let asker = Asker()
        let begins = asker.ask(&queue)
        #expect(!begins)
        let (done, another) = queue.finish()
        #expect(done.isEmpty)
        #expect(another)
    }

    @Test func `a start without a reload request is followed by none`() {
        var queue = ReloadQueue()
        queue.begin()
        let (done, another) = queue.finish()
        #expect(done.isEmpty)
        #expect(!another)
        let begins = Asker().ask(&queue)
        #expect(begins)
    }

    @Test func `a request that timed out is dropped with its subjects`() {
        var queue = ReloadQueue()
        queue.begin()
        let (gone, late) = (Asker(), Asker())
        _ = gone.ask(&queue, removeAll: true)
        tell(queue.dropWaiting())
        #expect(gone.outcomes == 1)
        _ = late.ask(&queue)
        let (_, another) = queue.finish()
        #expect(another)
        #expect(!queue.removesAll)
        tell(queue.finish().done)
        #expect([gone, late].map(\.outcomes) == [1, 1])
    }
}
