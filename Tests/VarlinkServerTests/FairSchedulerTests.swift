import EventLoop
import POSIX
import Testing

@testable import VarlinkServer

@Suite struct FairSchedulerTests {
    /// In these tests, a connection is a number.
    private typealias Scheduler = FairScheduler<Int>

    private let scheduler = Scheduler(ownUserID: 500)
    private let start = MonotonicTime(nanoseconds: 1_000_000_000)

    private func join(_ userID: UInt32) -> Scheduler.UserBudget { scheduler.join(userID, at: start) }

    /// Runs a round in which each call takes `call`; returns the connections served, and when the next round
    /// is due.
    private func round(
        at start: MonotonicTime,
        call: Duration = .microseconds(10)
    ) -> (served: [Int], next: Scheduler.NextRound) {
        var time = start
        var served: [Int] = []
        scheduler.beginRound(at: time)
        while let connection = scheduler.nextInRound(at: time) {
            served.append(connection)
            time = time + call
        }
        return (served, scheduler.endRound(at: time))
    }

    // MARK: Allowance

    @Test(
        arguments: [
            // Alone, 1 ms of a tick.
            (1, 999, true), (1, 1000, false),
            // Among others, 15 µs.
            (2, 14, true), (2, 15, false), (3, 14, true), (3, 15, false),
        ] as [(UInt32, Int, Bool)]
    )
    func `a user has less of a tick if others are connected`(users: UInt32, used: Int, mayProcess: Bool) {
        let budget = join(64001)
        for other in 1..<users { _ = join(64001 + other) }
        scheduler.charge(budget, .microseconds(used))
        #expect(scheduler.mayProcess(budget, at: start) == mayProcess)
        _ = scheduler.endTick()
        #expect(scheduler.mayProcess(budget, at: start))
    }

    @Test func `one user's usage does not affect another's`() {
        let (user, other) = (join(64001), join(64002))
        scheduler.charge(user, .seconds(1))
        #expect(!scheduler.mayProcess(user, at: start))
        #expect(scheduler.mayProcess(other, at: start))
    }

    @Test func `all connections of a user have one budget, also after the last was closed`() {
        let (first, second) = (join(64001), join(64001))
        #expect(first === second)
        #expect(!scheduler.isShared)
        scheduler.charge(first, .seconds(1))
        for budget in [first, second] { scheduler.leave(budget) }
        _ = join(64002)
        #expect(!scheduler.mayProcess(join(64001), at: start))
        #expect(scheduler.isShared)
    }

    @Test(
        arguments: [
            (64001, true), (0, false), (500, false), (PeerCredentials.unmappedUserID, true),
        ] as [(UInt32, Bool)]
    )
    func `root and the daemon's own user are not throttled`(userID: UInt32, isThrottled: Bool) {
        let budget = join(userID)
        budget.charge(call: 1 << 20, at: start)
        #expect(scheduler.mayProcess(budget, at: start) == !isThrottled)
    }

    @Test func `the overflow user is throttled even if it is the daemon's own`() {
        let user = PeerCredentials.unmappedUserID
        let scheduler = Scheduler(ownUserID: user)
        let budget = scheduler.join(user, at: start)
        budget.charge(call: 1 << 20, at: start)
        #expect(!scheduler.mayProcess(budget, at: start))
    }

    // MARK: Rounds

    @Test func `users take turns, however many connections each has`() {
        let (crowd, other) = (join(64001), join(64002))
        #expect(scheduler.wait(1, crowd) == .afterNextTick)
        for connection in 2...4 { #expect(scheduler.wait(connection, crowd) == .unchanged) }
        for connection in [11, 12] { #expect(scheduler.wait(connection, other) == .unchanged) }
        for served in [1, 11, 2, 12, 3] {
            #expect(round(at: start) == ([served], .afterNextTick))
        }
        #expect(round(at: start) == ([4], .unchanged))
    }

    @Test(arguments: [(1, 20), (2, 1)])
    func `a round is short if others are connected, and long otherwise`(
        users: UInt32,
        served: Int
    ) {
        let budget = join(64001)
        for other in 1..<users { _ = join(64001 + other) }
        for connection in 1...50 { _ = scheduler.wait(connection, budget) }
        #expect(round(at: start).served == Array(1...served))
    }

    @Test func `one call is processed in any round, however long it takes`() {
        let budget = join(64001)
        for connection in [1, 2] { _ = scheduler.wait(connection, budget) }
        #expect(round(at: start, call: .seconds(1)) == ([1], .afterNextTick))
        #expect(round(at: start, call: .seconds(1)) == ([2], .unchanged))
    }

    @Test func `a connection that waits again in a round has its turn in a later one`() {
        let (user, other) = (join(64001), join(64002))
        _ = scheduler.wait(1, user)
        _ = scheduler.wait(11, other)
        scheduler.beginRound(at: start)
        #expect(scheduler.nextInRound(at: start) == 1)
        #expect(scheduler.wait(1, user) == .unchanged)
        #expect(scheduler.nextInRound(at: start + .microseconds(10)) == nil)
        #expect(scheduler.endRound(at: start + .microseconds(10)) == .afterNextTick)
        #expect(round(at: start) == ([11], .afterNextTick))
        #expect(round(at: start) == ([1], .unchanged))
    }

    @Test func `no call of a waiting user is processed outside a round`() {
        let budget = join(64001)
        _ = scheduler.wait(1, budget)
        _ = scheduler.endTick()
        #expect(!scheduler.mayProcess(budget, at: start))
        _ = round(at: start)
        #expect(scheduler.mayProcess(budget, at: start))
    }

    @Test func `a throttled user does not delay others`() {
        let (throttled, other) = (join(64001), join(64002))
        throttled.charge(call: 1 << 20, at: start)
        let end = start + .microseconds(1 << 20)
        #expect(scheduler.wait(1, throttled) == .afterNextTick)
        _ = scheduler.wait(11, other)
        #expect(round(at: start) == ([11], .at(end)))
        #expect(scheduler.throttlingEnded() == .afterNextTick)
        #expect(round(at: end) == ([1], .unchanged))
    }

    @Test func `the loop waits once for the earliest end of a pause`() {
        let (long, short) = (join(64001), join(64002))
        long.charge(call: 1 << 20, at: start)
        _ = scheduler.wait(1, long)
        #expect(round(at: start) == ([], .at(start + .microseconds(1 << 20))))
        #expect(scheduler.wait(2, long) == .afterNextTick)
        #expect(round(at: start) == ([], .unchanged))
        short.charge(call: 1 << 14, at: start)
        _ = scheduler.wait(11, short)
        #expect(round(at: start) == ([], .at(start + .microseconds(1 << 14))))
    }

    // MARK: Ticks

    private func received() -> [Int] {
        scheduler.beginProcessing() ? Array(sequence(state: ()) { _ in scheduler.nextReceived() }) : []
    }

    private func flushed() -> [Int] {
        scheduler.beginFlush() ? Array(sequence(state: ()) { _ in scheduler.nextToFlush() }) : []
    }

    private func flushedEvents() -> [Int] {
        (0..<scheduler.eventsPerTick).compactMap { _ in scheduler.nextToFlushEvents() }
    }

    @Test func `the end of a tick is scheduled once, whatever happens in it`() {
        #expect(scheduler.didReceive(1) == .scheduleEndOfTick)
        #expect(scheduler.didReceive(2) == [])
        #expect(received() == [1, 2])
        #expect(scheduler.didProcess(until: start) == [])
        #expect(scheduler.queueFlush(1) == [])
        #expect(scheduler.queueEventFlush(2) == [])
        #expect(scheduler.endTick() == [.flush, .flushEvents])
        #expect(scheduler.queueFlush(2) == .scheduleEndOfTick)
        #expect(flushed() == [1, 2])
        #expect(flushed() == [])
    }

    @Test func `calls of 64 connections are processed before the end of the tick`() {
        for connection in 1..<64 { #expect(!scheduler.didReceive(connection).contains(.process)) }
        #expect(scheduler.didReceive(64) == .process)
        #expect(received() == Array(1...64))
        #expect(received() == [])
    }

    @Test func `arrivals while calls are processed or replies sent are for the next time`() {
        for connection in [1, 2] {
            _ = scheduler.didReceive(connection)
            _ = scheduler.queueFlush(connection)
        }
        #expect(scheduler.beginProcessing())
        #expect(scheduler.nextReceived() == 1)
        _ = scheduler.didReceive(3)
        #expect(scheduler.nextReceived() == 2)
        #expect(scheduler.nextReceived() == nil)
        #expect(received() == [3])
        #expect(scheduler.beginFlush())
        #expect(scheduler.nextToFlush() == 1)
        _ = scheduler.queueFlush(1)
        #expect(!scheduler.beginFlush(), "what sends may cause replies: those of the others are sent first")
        #expect(scheduler.nextToFlush() == 2)
        #expect(scheduler.nextToFlush() == nil)
        #expect(flushed() == [1])
        #expect(!scheduler.beginFlush())
        #expect(!scheduler.beginProcessing())
    }

    @Test(
        arguments: [
            (0, 0, false, false), (63, 200, false, false),
            // The most replies collected before sending, or the longest time.
            (64, 0, false, true), (0, 201, false, true),
            // A connection waits for a round.
            (0, 0, true, true),
        ] as [(Int, Int, Bool, Bool)]
    )
    func `replies are collected, unless that takes long`(
        unsent: Int,
        passed: Int,
        isOverrun: Bool,
        isFlushed: Bool
    ) {
        for connection in 0..<unsent { _ = scheduler.queueFlush(connection) }
        #expect(scheduler.didProcess(until: start).contains(.flush) == (unsent >= 64))
        if isOverrun { _ = scheduler.wait(1, join(64001)) }
        let time = start + .microseconds(passed)
        #expect(scheduler.didProcess(until: time).contains(.flush) == isFlushed)
    }

    @Test func `the wait of replies is counted from the last flush of the tick`() {
        let times = [0, 150, 201, 350, 401, 402].map { start + .microseconds($0) }
        let flushed = times.map { scheduler.didProcess(until: $0).contains(.flush) }
        #expect(flushed == [false, false, true, false, false, true])
        _ = scheduler.endTick()
        #expect(!scheduler.didProcess(until: start + .seconds(1)).contains(.flush))
    }

    @Test func `events are sent to four connections each tick`() {
        for connection in 1...10 { _ = scheduler.queueEventFlush(connection) }
        #expect(scheduler.endTick() == [.flush, .flushEvents])
        #expect(flushedEvents() == Array(1...4))
        #expect(scheduler.didFlushEvents() == .scheduleEventFlush)
        #expect(scheduler.endTick() == .flush)
        #expect(flushedEvents() == Array(5...8))
        #expect(scheduler.didFlushEvents() == .scheduleEventFlush)
        #expect(flushedEvents() == [9, 10])
        #expect(scheduler.didFlushEvents() == [])
        #expect(scheduler.endTick() == [.flush, .flushEvents])
    }
}
