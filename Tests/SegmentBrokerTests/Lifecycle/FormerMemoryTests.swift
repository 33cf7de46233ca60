import SegmentModel
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

/// Former memory, the name it may hold, and stolen keys.
@Suite struct FormerMemoryTests {
    private static let six = SegmentIdentifier(rawValue: 6)

    /// Started with a record of `count` former memories, all still attached.
    private func starting(formerMemory count: Int32, holdsName: Bool = false) -> LifecycleUnderTest {
        let former = (100..<(100 + count)).map { identifier in
            SegmentLifecycle.FormerMemory(identity: .segment(identifier), holdsName: holdsName)
        }
        var test = LifecycleUnderTest(record: SegmentLifecycle.Record(formerMemory: former))
        test.hear(.declared(.declared()))
        for identifier in 100..<(100 + count) {
            test.answer(.observed(.segment(identifier, isMarked: true)))
        }
        return test
    }

    @Test func `an attached segment marked by another program is recreated beside it`() {
        var test = LifecycleUnderTest.ready(clients: 1)
        test.look(.segment(7, attachments: 2, isMarked: true))
        test.create(8)
        #expect(test.notes == [.markedByOther, .replaced])
        #expect(test.life.state == .ready)
        #expect(test.life.formerMemory.map(\.identity) == [.segment(7)])
        #expect(test.life.stored?.formerMemory.map(\.identity) == [.segment(7)])
    }

    @Test func `an attached segment removed by an administrator holds the name`() {
        var test = LifecycleUnderTest.ready(clients: 1)
        test.hear(.asked(.removeNow))
        test.answer(.done)
        test.answer(.done)
        #expect(test.notes == [.marked])
        test.settle(.nothing)
        test.hear(.declared(.declared()))
        #expect(test.life.state == .removing)
        #expect(test.life.isHeld)
        // Its last detach frees the name.
        test.hear(.look)
        test.answer(.nothing)
        test.create(8)
        #expect(test.life.state == .ready)
    }

    @Test func `a renewal does not wait for former memory`() {
        var test = starting(formerMemory: 1, holdsName: true)
        test.answer(.nothing)
        #expect(test.life.state == .removing)
        test.hear(.asked(.renewIdle))
        #expect(test.life.state != .removing)
        test.answer(.done)
        #expect(test.wanted.last?.step == .create)
    }

    @Test func `with seven former memories the segment is recreated, with eight it is not`() {
        var seven = starting(formerMemory: 7)
        #expect(seven.answer(.nothing).last?.step == .record)
        var eight = starting(formerMemory: 8)
        #expect(eight.answer(.nothing) == [])
        #expect(eight.life.state == .removing)
        #expect(eight.life.problems.map(\.kind) == [.removedByOther])
        // One is gone.
        eight.hear(.look)
        eight.answer(.nothing)
        for identifier in Int32(101)..<108 { eight.answer(.observed(.segment(identifier, isMarked: true))) }
        #expect(eight.answer(.nothing).last?.step == .record)
    }

    @Test func `a renewal that would leave an eighth former memory waits`() {
        var test = starting(formerMemory: 7)
        test.create(7)
        test.hear(.look)
        for identifier in Int32(100)..<107 { test.answer(.observed(.segment(identifier, isMarked: true))) }
        test.answer(.observed(.segment(7, attachments: 2)))
        test.hear(.asked(.renewNow))
        #expect(test.answer(.done) == [])
        #expect(test.life.request == .renewNow)
        #expect(test.life.hints.map(\.kind.rawValue) == ["renewing"])
    }

    @Test func `a foreign segment is noticed while former memory holds the name`() {
        var test = starting(formerMemory: 1, holdsName: true)
        test.answer(.observed(.stranger(9)))
        #expect(test.life.state == .blocked)
        #expect(test.life.problems.map(\.kind) == [.squatted])
    }

    @Test func `the third theft of the key names the program`() {
        var test = LifecycleUnderTest.ready()
        for theft in 1...3 {
            test.hear(.look)
            test.answer(.nothing)
            test.answer(.observed(.stranger(9, process: 4711)))
            test.settle(.done)
            #expect(test.life.thefts == theft)
            let problem = test.life.problems.first
            #expect(problem?.kind == .squatted)
            #expect(problem?.message.contains("again and again, now by segment") == (theft == 3))
            // Another look at it is not another theft.
            test.hear(.look)
            test.answer(.observed(.stranger(9)))
            #expect(test.life.thefts == theft)
            test.hear(.look)
            test.create(7)
        }
        // A different key starts a new count.
        test.hear(.declared(.declared(key: SegmentKey(rawValue: 1))))
        #expect(test.life.thefts == 0)
    }

    @Test func `a lease on former memory does not keep the present memory`() {
        var test = LifecycleUnderTest.ready(.declared(keep: .whileUsed(linger: .seconds(30))))
        test.hear(.leases(2))
        #expect(test.life.linger == .off)
        test.hear(.look)
        test.answer(.nothing)
        test.settle(.nothing)
        #expect(test.life.leases == 0)
        #expect(test.life.state == .absent)
        test.hear(.demanded(true))
        test.createUnderFreeKey(8)
        test.hear(.demanded(false))
        #expect(test.life.linger == .armed(.seconds(30)))
    }
}
