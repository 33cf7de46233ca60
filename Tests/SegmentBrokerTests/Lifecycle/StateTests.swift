import SegmentModel
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

/// State, problems and hints of a live segment, by what its declaration becomes.
@Suite struct StateTests {
    private static let key = LifecycleUnderTest.key
    /// The same file and project with another inode.
    private static let moved = SegmentKey(rawValue: 0x78)

    struct Row: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var declaration: SegmentLifecycle.Declaration
        var state: SegmentLifecycle.State
        var problems: [SegmentProblem.Kind] = []
        var hints: [SegmentProblem.Kind] = []
    }

    static let rows = [
        Row(testDescription: "unchanged", declaration: .declared(), state: .ready),
        Row(
            testDescription: "another size",
            declaration: .declared(size: 8192),
            state: .drifted,
            problems: [.sizeDiffers]
        ),
        Row(
            testDescription: "another number as key",
            declaration: .declared(key: moved),
            state: .drifted,
            problems: [.keyDiffers]
        ),
        Row(
            testDescription: "the file that programs pass to ftok has a new inode",
            declaration: declared(.path("/srv/acq/shmfile", project: key.projectID), at: moved),
            state: .drifted,
            problems: [.keyMoved]
        ),
        Row(
            testDescription: "its own file has a new inode",
            declaration: declared(.ownFile, at: moved),
            state: .ready,
            hints: [.keyMoved]
        ),
        Row(
            testDescription: "no key can be assigned",
            declaration: declared(.value(moved), at: nil),
            state: .drifted,
            problems: [.keyCollision]
        ),
        Row(
            testDescription: "size and key",
            declaration: .declared(size: 8192, key: moved),
            state: .drifted,
            problems: [.sizeDiffers, .keyDiffers]
        ),
    ]

    private static func declared(
        _ key: KeyDeclaration,
        at placed: SegmentKey?
    ) -> SegmentLifecycle.Declaration {
        let collision = SegmentProblem(.keyCollision, message: "another segment has it")
        return SegmentLifecycle.Declaration(
            .test("a", key: key),
            group: .found(500),
            key: placed.map(SegmentLifecycle.Placement.at) ?? .impossible(collision)
        )
    }

    @Test(arguments: rows)
    func `an edit of a live segment shows as drift or as a hint`(row: Row) {
        var test = LifecycleUnderTest.ready(clients: 1)
        test.hear(.declared(row.declaration))
        test.settle(.nothing)
        #expect(test.life.state == row.state)
        #expect(test.life.problems.map(\.kind) == row.problems)
        #expect(test.life.hints.map(\.kind) == row.hints)
        // Key and memory stay.
        #expect(test.life.keys == [Self.key])
    }

    @Test func `a segment for which no key can be assigned is blocked`() {
        var test = LifecycleUnderTest()
        #expect(test.hear(.declared(Self.declared(.value(Self.moved), at: nil))) == [])
        #expect(test.life.state == .blocked)
        #expect(test.life.problems.map(\.kind) == [.keyCollision])
        #expect(test.life.keys == [])
    }

    @Test func `an undeclared segment is draining, and says why`() {
        var test = LifecycleUnderTest.ready(clients: 1)
        test.hear(.undeclared)
        #expect(test.life.state == .draining)
        #expect(test.life.problems.map(\.kind) == [.undeclared])
        #expect(!test.life.isOver)
    }

    @Test func `a name with nothing left is over`() {
        var test = LifecycleUnderTest.ready()
        test.hear(.undeclared)
        test.answer(.observed(.segment(7, .ownerOnly)))
        test.answer(.done)
        #expect(!test.life.isOver)
        test.answer(.done)
        #expect(test.life.isOver)
        #expect(test.life.keys == [])
    }

    @Test func `a restart leaves everything as it is`() {
        let due = SegmentLifecycle.Record(segment: .segment(7), request: .removeIdle, group: .telemetry)
        for keep in [KeepDeclaration.untilStop, .whileUsed(linger: .zero)] {
            var test = LifecycleUnderTest.ready(.declared(keep: keep), clients: 1)
            #expect(test.hear(.restarting) == [])
            #expect(test.look(.segment(7)) == [])
            #expect(test.hear(.asked(.removeIdle)) == [.writeRecord(due)])
            #expect(test.answer(.done) == [])
            #expect(test.hear(.undeclared) == [])
        }
    }
}
