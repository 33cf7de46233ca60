import EventLoop
import Testing

@testable import VarlinkServer

@Suite struct UserShareTests {
    private let most = Duration.microseconds(200)
    private let start = MonotonicTime(nanoseconds: 1_000_000_000)

    @Test func `calls go on until their time in one pass is used up, and again in the next`() {
        let share = UserShare()
        #expect(share.mayGoOn(at: start, in: 1, most: most))
        share.charge(.microseconds(150), in: 1)
        #expect(share.mayGoOn(at: start, in: 1, most: most))
        share.charge(.microseconds(50), in: 1)
        #expect(!share.mayGoOn(at: start, in: 1, most: most))
        #expect(!share.isForgettable(at: start, in: 1))
        #expect(share.mayGoOn(at: start, in: 2, most: most))
        #expect(share.isForgettable(at: start, in: 2))
        share.charge(.microseconds(150), in: 2)
        #expect(share.mayGoOn(at: start, in: 2, most: most))
    }

    @Test func `who waits goes first`() {
        let share = UserShare()
        share.append(Waiting())
        #expect(!share.mayGoOn(at: start, in: 1, most: most))
        #expect(share.popFirst() != nil)
        #expect(share.mayGoOn(at: start, in: 1, most: most))
    }

    @Test func `a long message costs a rest, and coming back does not spare it`() {
        let share = UserShare()
        share.charge(call: 1 << 13, at: start)
        #expect(share.isForgettable(at: start, in: 1))
        share.charge(call: 1 << 20, at: start)
        #expect(!share.mayGoOn(at: start + .seconds(1), in: 1, most: most))
        #expect(!share.isForgettable(at: start + .seconds(1), in: 1))
        #expect(share.mayGoOn(at: start + .seconds(2), in: 1, most: most))
        #expect(share.isForgettable(at: start + .seconds(2), in: 1))
    }

    @Test func `a reply costs a rest only where it is longer than a call`() {
        let share = UserShare()
        share.charge(reply: 1 << 15, at: start)
        #expect(share.mayGoOn(at: start, in: 1, most: most))
        share.charge(reply: 1 << 15 + 1, at: start)
        #expect(!share.mayGoOn(at: start + .milliseconds(30), in: 1, most: most))
        #expect(share.mayGoOn(at: start + .milliseconds(40), in: 1, most: most))
    }

    private final class Waiting: TurnTaker {
        func takeTurn() {}
    }
}
