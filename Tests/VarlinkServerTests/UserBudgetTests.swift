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

    @Test func `no call overtakes waiting ones`() {
        let budget = Budget()
        budget.waiting.append(1)
        #expect(!budget.mayProcess(at: start, in: 1, allowance: allowance))
        #expect(budget.waiting.popFirst() == 1)
        #expect(budget.mayProcess(at: start, in: 1, allowance: allowance))
    }

    @Test func `a long message costs a pause that reconnecting does not avoid`() {
        let budget = Budget()
        budget.charge(call: 1 << 13, at: start)
        #expect(budget.isForgettable(at: start, in: 1))
        budget.charge(call: 1 << 20, at: start)
        #expect(!budget.mayProcess(at: start + .seconds(1), in: 1, allowance: allowance))
        #expect(!budget.isForgettable(at: start + .seconds(1), in: 1))
        #expect(budget.mayProcess(at: start + .seconds(2), in: 1, allowance: allowance))
        #expect(budget.isForgettable(at: start + .seconds(2), in: 1))
    }

    @Test func `only a reply longer than a short call costs a pause`() {
        let budget = Budget()
        budget.charge(reply: 1 << 15, at: start)
        #expect(budget.mayProcess(at: start, in: 1, allowance: allowance))
        budget.charge(reply: 1 << 15 + 1, at: start)
        #expect(!budget.mayProcess(at: start + .milliseconds(30), in: 1, allowance: allowance))
        #expect(budget.mayProcess(at: start + .milliseconds(40), in: 1, allowance: allowance))
    }

    private struct Read: Sendable {
        var count: Int
        var microseconds: Int64
        var times = 1
    }

    private static let slow = Read(count: 277, microseconds: 80)
    private static let reads: [([Read], Int)] = [
        ([], 4096),
        ([Read(count: 100, microseconds: 1)], 4096),
        ([slow], 2048),
        ([slow, slow, Read(count: 64, microseconds: 11)], 512),
        ([Read(count: 1, microseconds: 20, times: 100)], 16),
        // Neither long nor short.
        ([slow, Read(count: 2048, microseconds: 5)], 2048),
        // A read that is not full says nothing.
        ([slow, Read(count: 2047, microseconds: 1)], 2048),
        ([slow, slow, Read(count: 1024, microseconds: 1)], 2048),
        ([slow, Read(count: 2048, microseconds: 1, times: 2)], 4096),
    ]

    @Test(arguments: reads)
    private func `reads that take long become shorter, and longer again`(_ reads: [Read], _ length: Int) {
        let budget = Budget()
        for read in reads {
            for _ in 0..<read.times { budget.didRead(read.count, in: .microseconds(read.microseconds)) }
        }
        #expect(budget.readLength == length)
    }
}
