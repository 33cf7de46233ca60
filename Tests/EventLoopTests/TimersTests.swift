import POSIX
import Testing

@testable import EventLoop

@Suite struct TimersTests {
    private func time(_ nanoseconds: Int64) -> MonotonicTime { MonotonicTime(nanoseconds: nanoseconds) }

    @Test func `the wake time is that of the most urgent timer`() {
        let timers = Timers()
        let lax = timers.add(due: time(10), slack: .nanoseconds(100)) {}
        #expect(timers.wakeTime == time(110))
        #expect(timers.nextDue == time(10))
        let strict = timers.add(due: time(50), slack: .zero) {}
        #expect(timers.wakeTime == time(50))
        var removed = [timers.remove(strict), timers.remove(strict)]
        #expect(removed == [true, false])
        #expect(timers.wakeTime == time(110))
        removed = [timers.remove(lax)]
        #expect(removed == [true])
        #expect(timers.wakeTime == nil)
        #expect(timers.nextDue == nil)
    }

    @Test func `due timers are taken in order, and none that was created later`() {
        let timers = Timers()
        var done: [Int] = []
        for (number, due) in [3, 1, 2, 1].enumerated() {
            _ = timers.add(due: time(Int64(due)), slack: .zero) { done.append(number) }
        }
        let newest = timers.newest
        _ = timers.add(due: time(0), slack: .zero) { done.append(-1) }
        while let body = timers.popDue(at: time(2), upTo: newest) { body() }
        #expect(done == [1, 3, 2])
        #expect(timers.wakeTime == time(0))
    }
}
