import SegmentModel
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

/// What the exploration found, each told as it happened.
@Suite struct FoundByExplorationTests {
    private let seven = SegmentIdentifier(rawValue: 7)
    private let refusal = LifecycleUnderTest.refusal

    @Test func `a segment that vanished before it was attached is not tried for ever`() {
        var test = LifecycleUnderTest(
            record: SegmentLifecycle.Record(segment: .segment(7), group: .telemetry)
        )
        test.hear(.declared(.declared()))
        #expect(test.answer(.observed(.segment(7, attachments: 0))) == [.attach(seven)])
        #expect(test.answer(.nothing) == [.find(LifecycleUnderTest.key)])
        test.create(8)
        #expect(test.life.state == .ready)
    }

    @Test func `a request that neither kernel nor disk lets happen is not accepted`() {
        var test = LifecycleUnderTest.ready(clients: 1)
        test.hear(.asked(.removeIdle))
        #expect(test.answer(.refused(refusal)) == [])
        #expect(test.notes == [.requestNotRecorded(refusal)])
        #expect(test.life.request == nil)
        #expect(test.life.state == .ready)
    }

    @Test func `a request is recorded while the kernel does not answer`() {
        var test = LifecycleUnderTest.ready()
        test.hear(.look)
        test.answer(.refused(refusal))
        #expect(test.hear(.asked(.removeIdle)).last?.step == .record)
        #expect(test.answer(.done) == [])
        #expect(test.life.stored?.request == .removeIdle)
        #expect(test.life.state == .draining)
    }

    @Test func `a removal that can be done at once needs no record`() {
        var test = LifecycleUnderTest.ready()
        test.hear(.asked(.removeIdle))
        #expect(test.answer(.refused(refusal)) == [.setPermissions(seven, .shut)])
        #expect(test.answer(.observed(.segment(7, .shut))) == [.mark(.segment(7))])
    }

    @Test func `a segment is not given up for a renewal that cannot be recorded`() {
        var test = LifecycleUnderTest.ready()
        test.hear(.asked(.renewIdle))
        test.answer(.done)
        test.answer(.observed(.segment(7, .shut)))
        #expect(test.answer(.refused(refusal)) == [.setPermissions(seven, .declared)])
    }

    @Test func `a renewal that was met before a crash is not repeated`() {
        let record = SegmentLifecycle.Record(
            segment: .planned(.declared(process: 99)),
            replacing: .segment(7),
            request: .renewIdle,
            group: .telemetry
        )
        var test = LifecycleUnderTest(record: record)
        #expect(test.hear(.declared(.declared())) == [.ask(seven)])
        #expect(test.answer(.nothing) == [.find(LifecycleUnderTest.key)])
        test.answer(.observed(.segment(8, .shut, attachments: 0, process: 99)))
        #expect(test.life.request == nil)
        #expect(test.life.state == .ready)
    }

    @Test func `what a stop has marked does not hold its name after a crash`() {
        var test = LifecycleUnderTest(
            record: SegmentLifecycle.Record(segment: .segment(7), group: .telemetry)
        )
        test.hear(.declared(.declared(keep: .untilStop)))
        #expect(
            test.answer(.observed(.segment(7, attachments: 1, isMarked: true)))
                == [.find(LifecycleUnderTest.key)]
        )
        test.create(8)
        #expect(test.life.state == .ready)
        #expect(test.life.formerMemory.map(\.identity) == [.segment(7)])
    }

    @Test func `former memory that was overridden never holds the name again`() {
        var test = LifecycleUnderTest.ready(clients: 1)
        test.hear(.asked(.removeNow))
        test.answer(.done)
        test.answer(.done)
        test.settle(.nothing)
        test.hear(.asked(.renewNow))
        test.answer(.done)
        #expect(test.wanted.last?.step == .create)
        test.answer(.created(SegmentIdentifier(rawValue: 8)))
        #expect(test.life.formerMemory.map(\.holdsName) == [false])
        #expect(test.life.request == nil)
    }

    @Test func `a request that cannot be recorded leaves the one before it due`() {
        var test = LifecycleUnderTest.ready(clients: 1)
        test.hear(.asked(.renewIdle))
        test.answer(.done)
        test.hear(.asked(.removeIdle))
        test.answer(.refused(refusal))
        #expect(test.life.request == .renewIdle)
    }

    @Test func `a request that was met is not what an unrecorded one falls back to`() {
        var test = LifecycleUnderTest.ready()
        // The renewal is met, but its record still asks for it: the disk is full.
        test.hear(.asked(.renewIdle))
        test.answer(.done)
        test.answer(.observed(.segment(7, .shut)))
        test.answer(.done)
        #expect(test.answer(.created(SegmentIdentifier(rawValue: 8))).last?.step == .record)
        test.answer(.refused(refusal))
        #expect(test.life.request == nil)
    }

    @Test func `a timer is disarmed where a reload keeps the segment for another reason`() {
        var test = LifecycleUnderTest.ready(.declared(keep: .whileUsed(linger: .seconds(30))))
        #expect(test.life.linger == .armed(.seconds(30)))
        #expect(test.hear(.declared(.declared())) == [.disarm])
        #expect(test.hear(.lingerOver) == [])
        #expect(test.life.state == .ready)
    }

    @Test func `a draining segment looks at its other key like any other`() {
        var test = LifecycleUnderTest.ready(clients: 1)
        let other = SegmentKey(rawValue: 1)
        #expect(test.hear(.declared(.declared(key: other))) == [.find(other)])
        #expect(test.answer(.observed(.stranger(9))) == [])
        #expect(test.life.problems.map(\.kind) == [.keyDiffers])
        #expect(test.life.hints.map(\.kind) == [.squatted])
        test.hear(.asked(.removeIdle))
        test.answer(.done)
        #expect(test.look(.segment(7, attachments: 2)) == [.find(other)])
    }
}
