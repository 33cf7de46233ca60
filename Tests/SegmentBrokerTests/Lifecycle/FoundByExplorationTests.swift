import SegmentExploration
import SegmentModel
import SegmentTestSupport
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

/// Regressions found by the exploration.
@Suite struct FoundByExplorationTests {
    private let seven = SegmentIdentifier(rawValue: 7)
    private let refusal = LifecycleUnderTest.refusal

    @Test func `a segment that vanishes before it is attached is not retried forever`() {
        var test = LifecycleUnderTest(
            record: SegmentLifecycle.Record(segment: .segment(7), group: .telemetry)
        )
        test.hear(.declared(.declared()))
        #expect(test.answer(.observed(.segment(7, attachments: 0))) == [.attach(seven)])
        #expect(test.answer(.nothing) == [.find(LifecycleUnderTest.key)])
        test.create(8)
        #expect(test.life.state == .ready)
    }

    @Test func `a request that can be neither met nor recorded is rejected`() {
        var test = LifecycleUnderTest.ready(clients: 1)
        test.hear(.asked(.removeIdle))
        #expect(test.answer(.refused(refusal)) == [])
        #expect(test.notes == [.requestNotRecorded(refusal)])
        #expect(test.life.request == nil)
        #expect(test.life.state == .ready)
    }

    @Test func `a request is recorded even while the kernel does not answer`() {
        var test = LifecycleUnderTest.ready()
        test.hear(.look)
        test.answer(.refused(refusal))
        #expect(test.hear(.asked(.removeIdle)).last?.step == .record)
        #expect(test.answer(.done) == [])
        #expect(test.life.stored?.request == .removeIdle)
        #expect(test.life.state == .draining)
    }

    @Test func `a removal that can be completed at once needs no record`() {
        var test = LifecycleUnderTest.ready()
        test.hear(.asked(.removeIdle))
        #expect(test.answer(.refused(refusal)) == [.setPermissions(seven, .ownerOnly)])
        #expect(test.answer(.observed(.segment(7, .ownerOnly))) == [.mark(.segment(7))])
    }

    @Test func `a segment is not given up if its renewal cannot be recorded`() {
        var test = LifecycleUnderTest.ready()
        test.hear(.asked(.renewIdle))
        test.answer(.done)
        test.answer(.observed(.segment(7, .ownerOnly)))
        #expect(test.answer(.refused(refusal)) == [.setPermissions(seven, .declared)])
    }

    @Test func `a renewal completed before a crash is not repeated`() {
        let record = SegmentLifecycle.Record(
            segment: .planned(.declared(process: 99)),
            replacing: .segment(7),
            request: .renewIdle,
            group: .telemetry
        )
        var test = LifecycleUnderTest(record: record)
        #expect(test.hear(.declared(.declared())) == [.ask(seven)])
        #expect(test.answer(.nothing) == [.find(LifecycleUnderTest.key)])
        test.answer(.observed(.segment(8, .ownerOnly, attachments: 0, process: 99)))
        #expect(test.life.request == nil)
        #expect(test.life.state == .ready)
    }

    @Test func `a segment marked by a stop does not hold its name after a crash`() {
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

    @Test func `overridden former memory never holds the name again`() {
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

    @Test func `an unrecordable request leaves the previous one pending`() {
        var test = LifecycleUnderTest.ready(clients: 1)
        test.hear(.asked(.renewIdle))
        test.answer(.done)
        test.hear(.asked(.removeIdle))
        test.answer(.refused(refusal))
        #expect(test.life.request == .renewIdle)
    }

    @Test func `a completed request is not restored from a stale record`() {
        var test = LifecycleUnderTest.ready()
        // The renewal is complete, but the full disk keeps a record of it.
        test.hear(.asked(.renewIdle))
        test.answer(.done)
        test.answer(.observed(.segment(7, .ownerOnly)))
        test.answer(.done)
        #expect(test.answer(.created(SegmentIdentifier(rawValue: 8))).last?.step == .record)
        test.answer(.refused(refusal))
        #expect(test.life.request == nil)
    }

    @Test func `a reload that ends while-used disarms the timer`() {
        var test = LifecycleUnderTest.ready(.declared(keep: .whileUsed(linger: .seconds(30))))
        #expect(test.life.linger == .armed(.seconds(30)))
        #expect(test.hear(.declared(.declared())) == [.disarm])
        #expect(test.hear(.lingerOver) == [])
        #expect(test.life.state == .ready)
    }

    @Test func `a draining segment still looks at its new key`() {
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

/// One event after the start; `make explore` goes deeper.
@Suite struct ExplorationTests {
    @Test(arguments: Scenario.all)
    func `no order of events violates an invariant`(scenario: Scenario) {
        let report = Exploration.run(scenario, depth: Sanitizer.isPresent ? 0 : 1)
        #expect(report.states > 0)
        #expect(report.violation == nil, "\(report.violation?.history.joined(separator: "\n") ?? "")")
    }
}

extension Scenario: CustomTestStringConvertible {
    package var testDescription: String { title }
}
