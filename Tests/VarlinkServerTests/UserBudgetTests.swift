import EventLoop
import POSIX
import Testing

@testable import VarlinkServer

@Suite struct UserBudgetTests {
    private typealias Budget = FairScheduler<Int>.UserBudget

    private let allowance = Duration.microseconds(200)
    private let start = MonotonicTime(nanoseconds: 1_000_000_000)

    @Test func `calls are processed until the allowance of one tick is used up, and again in the next`() {
        let budget = Budget()
        #expect(budget.mayProcess(at: start, in: 1, allowance: allowance))
        budget.charge(.microseconds(150), in: 1)
        #expect(budget.mayProcess(at: start, in: 1, allowance: allowance))
        budget.charge(.microseconds(50), in: 1)
        #expect(!budget.mayProcess(at: start, in: 1, allowance: allowance))
        #expect(!budget.isForgettable(at: start, in: 1))
        #expect(budget.mayProcess(at: start, in: 2, allowance: allowance))
        #expect(budget.isForgettable(at: start, in: 2))
        budget.charge(.microseconds(150), in: 2)
        #expect(budget.mayProcess(at: start, in: 2, allowance: allowance))
    }

    @Test func `no call overtakes those that wait`() {
        let budget = Budget()
        budget.waiting.append(1)
        #expect(!budget.mayProcess(at: start, in: 1, allowance: allowance))
        #expect(budget.waiting.popFirst() == 1)
        #expect(budget.mayProcess(at: start, in: 1, allowance: allowance))
    }

    @Test func `a long message costs a pause, and coming back does not spare it`() {
        let budget = Budget()
        budget.charge(call: 1 << 13, at: start)
        #expect(budget.isForgettable(at: start, in: 1))
        budget.charge(call: 1 << 20, at: start)
        #expect(!budget.mayProcess(at: start + .seconds(1), in: 1, allowance: allowance))
        #expect(!budget.isForgettable(at: start + .seconds(1), in: 1))
        #expect(budget.mayProcess(at: start + .seconds(2), in: 1, allowance: allowance))
        #expect(budget.isForgettable(at: start + .seconds(2), in: 1))
    }

    @Test func `a reply costs a pause only where it is longer than a call`() {
        let budget = Budget()
        budget.charge(reply: 1 << 15, at: start)
        #expect(budget.mayProcess(at: start, in: 1, allowance: allowance))
        budget.charge(reply: 1 << 15 + 1, at: start)
        #expect(!budget.mayProcess(at: start + .milliseconds(30), in: 1, allowance: allowance))
        #expect(budget.mayProcess(at: start + .milliseconds(40), in: 1, allowance: allowance))
    }
}
