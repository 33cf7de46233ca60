import SegmentModel
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

/// The changes reported for a lifecycle that has come to rest.
@Suite struct StandingTests {
    private typealias Request = SegmentLifecycle.Request

    /// The log lines and events of one run of events and answers.
    private struct Told: Equatable {
        var lines: [String]
        var events: [SegmentEvent.Kind]

        init(_ changes: [SegmentChange]) {
            lines = changes.compactMap { $0.line(of: SegmentDefinition.test("a").name) }
                .map { "\($0.level): \($0.text)" }
            events = changes.compactMap(\.event)
        }

        init(_ lines: [String] = [], _ events: [SegmentEvent.Kind] = []) {
            (self.lines, self.events) = (lines, events)
        }
    }

    /// Runs a lifecycle from rest to rest and returns what is reported.
    private func told(
        _ test: inout LifecycleUnderTest,
        isNew: Bool = false,
        isOrdered: Bool = false,
        isStarting: Bool = false,
        _ body: (inout LifecycleUnderTest) -> Void
    ) -> Told {
        let before = Standing(test.life)
        test.notes = []
        body(&test)
        #expect(test.isAtRest)
        let after = Standing(test.life)
        return Told(
            after.changes(
                since: isNew ? nil : before,
                test.takeNotes(),
                isOrdered: isOrdered,
                isStarting: isStarting
            )
        )
    }

    @Test func `a creation`() {
        var test = LifecycleUnderTest()
        let told = told(&test, isNew: true) {
            $0.hear(.declared(.declared()))
            $0.create(7)
        }
        #expect(told == Told(["notice: Segment a created, 4 KiB"], [.created]))
    }

    @Test func `a look that finds everything unchanged reports nothing`() {
        var test = LifecycleUnderTest.ready()
        #expect(told(&test) { $0.look(.segment(7)) } == Told())
    }

    @Test func `a foreign segment under the key is reported once`() {
        var test = LifecycleUnderTest()
        let first = told(&test) {
            $0.hear(.declared(.declared()))
            $0.answer(.observed(.stranger(9)))
        }
        #expect(
            first.lines.map { $0.hasPrefix("error: Segment a is blocked: key 0x00000077 belongs to") } == [
                true
            ]
        )
        #expect(first.events == [.changed])
        #expect(told(&test) { $0.look(.stranger(9)) } == Told())
        let other = told(&test) { $0.look(.stranger(10)) }
        #expect(other.lines.count == 1)
        #expect(other.events == [.changed])
    }

    @Test func `changed permissions are reported and reset`() {
        var test = LifecycleUnderTest.ready()
        let told = told(&test) {
            $0.look(.segment(7, .root))
            $0.answer(.observed(.segment(7)))
        }
        #expect(
            told == Told(["warning: Segment a had owner 0, group 0, mode 0666: set as declared"], [.changed])
        )
    }

    @Test func `permissions that cannot be set are reported once, and when they are restored`() {
        var test = LifecycleUnderTest.ready()
        let problem = SegmentProblem(.permissionsDiffer, message: "they differ")
        func refuse(_ test: inout LifecycleUnderTest) {
            test.look(.segment(7, .root))
            test.answer(.refused(problem))
        }
        #expect(told(&test, refuse) == Told(["error: Segment a: they differ"], [.changed]))
        #expect(told(&test, refuse) == Told())
        #expect(told(&test) { $0.look(.segment(7)) } == Told([], [.changed]))
    }

    @Test(arguments: [false, true]) func `a changed declaration`(isStarting: Bool) {
        var test = LifecycleUnderTest.ready()
        let told = told(&test, isStarting: isStarting) { $0.hear(.declared(.declared(size: 8192))) }
        let line = "warning: Segment a has drifted: its size is 4 KiB, but 8 KiB is declared"
        #expect(told == Told(isStarting ? [] : [line], [.changed]))
    }

    @Test func `a pending removal and its completion`() {
        var test = LifecycleUnderTest.ready(clients: 1)
        let waiting = told(&test) {
            $0.hear(.asked(Request(.remove)))
            $0.answer(.done)
        }
        #expect(waiting == Told(["notice: Segment a will be removed once it is unused"], [.changed]))
        let end = told(&test) {
            $0.look(.segment(7))
            $0.answer(.observed(.segment(7, .ownerOnly)))
            $0.settle(.done)
        }
        #expect(end == Told(["notice: Segment a removed"], [.removed]))
    }

    @Test func `a removal under a client`() {
        var test = LifecycleUnderTest.ready(clients: 1)
        let told = told(&test, isOrdered: true) {
            $0.hear(.asked(Request(.remove, isNow: true)))
            $0.settle(.done)
        }
        let line =
            "warning: Segment a marked for removal while clients have it attached: they keep the old memory"
        #expect(told == Told([line], [.removing]))
    }

    @Test func `a removal refused by the kernel is reported once`() {
        var test = LifecycleUnderTest.ready()
        func refuse(_ test: inout LifecycleUnderTest) {
            test.look(.segment(7))
            test.hear(.asked(Request(.remove)))
            for _ in 0..<8 where !test.isAtRest {
                switch test.wanted.last {
                case .mark: test.answer(.refused(LifecycleUnderTest.refusal))
                case .setPermissions(_, let permissions): test.answer(.observed(.segment(7, permissions)))
                case .ask: test.answer(.observed(.segment(7)))
                default: test.answer(.done)
                }
            }
        }
        let first = told(&test, refuse)
        #expect(first.lines.first == "error: Segment a cannot be removed: refused")
        let lines = told(&test, refuse).lines
        #expect(!lines.contains { $0.contains("cannot be removed") })
    }

    @Test func `a segment removed by another program, and its replacement`() {
        var test = LifecycleUnderTest.ready()
        let told = told(&test) {
            $0.hear(.look)
            $0.answer(.nothing)
            $0.create(8)
        }
        #expect(
            told
                == Told(
                    [
                        "warning: Segment a was removed by another program",
                        "notice: Segment a created again, 4 KiB",
                    ],
                    [.replaced]
                )
        )
    }

    @Test func `two segments alive at the same time`() {
        var test = LifecycleUnderTest.ready(clients: 1)
        let told = told(&test) {
            $0.look(.segment(7, attachments: 2, isMarked: true))
            $0.create(8)
        }
        #expect(
            told
                == Told(
                    [
                        "warning: Segment a was marked for removal by another program",
                        "warning: Segment a is created again while clients still have the old memory (identifier 7)",
                        "notice: Segment a created again, 4 KiB",
                    ],
                    [.replaced]
                )
        )
    }

    @Test func `a recorded segment that is gone`() {
        var test = LifecycleUnderTest(record: SegmentLifecycle.Record(segment: .segment(7)))
        let told = told(&test, isStarting: true) {
            $0.hear(.declared(.declared()))
            $0.answer(.nothing)
            $0.create(8)
        }
        #expect(
            told.lines.first
                == "warning: Segment a disappeared since segmentd last ran: it was removed, or the host was rebooted"
        )
        #expect(told.events == [.replaced])
    }

    @Test func `a segment removed, marked or replaced before the start is not reported as gone`() {
        let records = [
            SegmentLifecycle.Record(segment: .segment(7), request: Request(.remove)),
            SegmentLifecycle.Record(segment: .planned(.declared()), replacing: .segment(7)),
        ]
        for record in records {
            var test = LifecycleUnderTest(record: record)
            test.hear(.declared(.declared()))
            test.answer(.nothing)
            #expect(!test.takeNotes().contains(.goneBeforeStart))
        }
        var marked = LifecycleUnderTest(record: SegmentLifecycle.Record(segment: .segment(7)))
        marked.hear(.declared(.declared()))
        marked.answer(.observed(.segment(7, isMarked: true)))
        #expect(!marked.takeNotes().contains(.goneBeforeStart))
    }

    @Test func `an undeclared name ends with one event`() {
        var absent = LifecycleUnderTest()
        absent.hear(.declared(.declared(keep: .whileUsed(linger: .zero))))
        absent.answer(.nothing)
        #expect(absent.life.state == .absent)
        #expect(told(&absent) { $0.hear(.undeclared) } == Told([], [.removed]))
        var live = LifecycleUnderTest.ready(clients: 1)
        let told = told(&live) { $0.hear(.undeclared) }
        #expect(told.events == [.changed])
        #expect(told.lines == ["notice: Segment a will be removed once it is unused"])
    }

    @Test func `an absent name that is new or edited changes`() {
        var test = LifecycleUnderTest()
        let keep = KeepDeclaration.whileUsed(linger: .zero)
        let new = told(&test, isNew: true) {
            $0.hear(.declared(.declared(keep: keep)))
            $0.answer(.nothing)
        }
        #expect(new == Told([], [.changed]))
        let edited = told(&test) {
            $0.hear(.declared(.declared(keep: keep, size: 8192)))
            $0.answer(.nothing)
        }
        #expect(edited == Told([], [.changed]))
    }
}
