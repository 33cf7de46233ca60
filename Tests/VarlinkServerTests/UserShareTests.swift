import NIOCore
import Testing

@testable import VarlinkServer

@Suite struct UserShareTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    @Test func `calls go on while their time is not used up, and again later`() {
        let share = UserShare()
        #expect(share.mayGoOn(at: start))
        share.charge(from: start, to: start + .microseconds(150))
        #expect(!share.mayGoOn(at: start + .microseconds(99)))
        #expect(share.mayGoOn(at: start + .microseconds(100)))
    }

    @Test func `who waits goes first`() {
        let share = UserShare()
        share.append(Waiting())
        #expect(!share.mayGoOn(at: start))
        #expect(share.popFirst() != nil)
        #expect(share.mayGoOn(at: start))
    }

    @Test func `a long message costs a rest, and coming back does not spare it`() {
        let share = UserShare()
        share.charge(message: 1 << 13, at: start)
        #expect(share.isForgettable(at: start))
        share.charge(message: 1 << 20, at: start)
        #expect(!share.mayGoOn(at: start + .seconds(1)))
        #expect(!share.isForgettable(at: start + .seconds(1)))
        #expect(share.mayGoOn(at: start + .seconds(2)))
        #expect(share.isForgettable(at: start + .seconds(2)))
    }

    private final class Waiting: TurnTaker {
        func takeTurn() {}
    }
}
