import EventLoop
import SegmentTestSupport
import Testing

@testable import VarlinkServer

@Suite struct TurnsTests {
    private let test = TestLoop()

    /// Waits, and waits again after each of its turns until it has had enough.
    private final class Waiting: TurnTaker {
        let turns: Turns
        let share: UserShare
        var wanted: Int
        var taken = 0
        let work: () -> Void

        init(_ turns: Turns, _ share: UserShare, wanted: Int = 1, work: @escaping () -> Void = {}) {
            (self.turns, self.share, self.wanted, self.work) = (turns, share, wanted, work)
            turns.wait(self, share)
        }

        func takeTurn() {
            taken += 1
            work()
            if taken < wanted { turns.wait(self, share) }
        }
    }

    private func turns() -> Turns {
        Turns(test.loop)
    }

    /// A turn comes after the next turn of the loop.
    private func turnTwice() {
        for _ in 0..<2 { test.loop.turn(waiting: false) }
    }

    @Test func `who rests keeps nobody else from their turn`() {
        let turns = turns()
        let long = turns.join(64001)
        long.charge(call: 1 << 20, at: turns.now)
        let resting = Waiting(turns, long)
        test.advance(by: .milliseconds(1))
        let other = Waiting(turns, turns.join(64002))
        test.advance(by: .milliseconds(1))
        #expect(other.taken == 1)
        #expect(resting.taken == 0)
        test.advance(by: .seconds(2))
        #expect(resting.taken == 1)
    }

    @Test func `users take turns, however many connections each has`() {
        let turns = turns()
        let crowd = turns.join(64001)
        let connections = (0..<100).map { _ in Waiting(turns, crowd) }
        let other = Waiting(turns, turns.join(64002), wanted: 10)
        test.advance(by: .milliseconds(10))
        #expect(other.taken == 10)
        #expect(connections.allSatisfy { $0.taken == 1 })
    }

    @Test func `a turn is short where others are, and long where nobody else would wait`() {
        let turns = turns()
        let alone = turns.join(64001)
        func wait() -> [Waiting] {
            (0..<5).map { _ in
                Waiting(turns, alone) { [test] in test.pass(.microseconds(10)) }
            }
        }
        let first = wait()
        turnTwice()
        #expect(first.allSatisfy { $0.taken == 1 })
        _ = turns.join(64002)
        let second = wait()
        turnTwice()
        #expect(second.filter { $0.taken == 1 }.count == 1)
    }

    @Test func `root never rests`() {
        let turns = turns()
        let root = turns.join(0)
        root.charge(call: 1 << 20, at: turns.now)
        #expect(turns.mayGoOn(root, at: turns.now))
    }

    @Test func `a user has less of a pass where others are`() {
        let turns = turns()
        let alone = turns.join(64001)
        alone.charge(.microseconds(500), in: turns.pass)
        #expect(turns.mayGoOn(alone, at: turns.now))
        let other = turns.join(64002)
        #expect(!turns.mayGoOn(alone, at: turns.now))
        #expect(turns.mayGoOn(other, at: turns.now))
        turns.leave(other)
        #expect(turns.mayGoOn(alone, at: turns.now))
        turns.endPass()
        #expect(turns.mayGoOn(alone, at: turns.now))
    }
}
