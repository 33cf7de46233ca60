import SegmentModel
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

/// Each answer to each action.
@Suite struct AnswerTests {
    private let refusal = LifecycleUnderTest.refusal
    private let seven = SegmentIdentifier(rawValue: 7)
    private let address = AttachmentAddress(rawValue: 0x7000)

    private func record(
        _ segment: SegmentLifecycle.RecordedSegment,
        due request: SegmentLifecycle.Request? = nil
    ) -> SegmentLifecycle.Record {
        SegmentLifecycle.Record(segment: segment, request: request, group: .telemetry)
    }

    // MARK: Creating

    @Test func `a segment is recorded before and after its creation, and opened to clients last`() {
        var test = LifecycleUnderTest()
        #expect(test.hear(.declared(.declared())) == [.find(LifecycleUnderTest.key)])
        #expect(test.answer(.nothing) == [.writeRecord(record(.planned(.declared())))])
        #expect(test.answer(.done) == [.create(.declared())])
        #expect(test.answer(.created(seven)) == [.writeRecord(record(.segment(7)))])
        #expect(test.answer(.done) == [.attach(seven)])
        #expect(test.answer(.attached(address)) == [.setPermissions(seven, .declared)])
        #expect(test.answer(.observed(.segment(7))) == [])
        #expect(test.life.state == .ready)
        #expect(test.notes == [.created])
    }

    @Test func `a foreign segment under the key blocks the name`() {
        var test = LifecycleUnderTest()
        test.hear(.declared(.declared()))
        #expect(test.answer(.observed(.stranger(9))) == [])
        #expect(test.life.state == .blocked)
        #expect(test.life.problems.map(\.kind) == [.squatted])
    }

    @Test func `a key taken during creation is looked up once`() {
        var test = LifecycleUnderTest()
        test.hear(.declared(.declared()))
        test.answer(.nothing)
        test.answer(.done)
        #expect(test.answer(.keyTaken) == [.find(LifecycleUnderTest.key)])
        // Gone again: the next look tries again, and until then there is no record.
        #expect(test.answer(.nothing) == [.eraseRecord])
        #expect(test.answer(.done) == [])
        #expect(test.life.state == .blocked)
        #expect(test.hear(.look) == [.find(LifecycleUnderTest.key)])
        #expect(test.answer(.nothing).last?.step == .record)
    }

    @Test(arguments: [SegmentLifecycle.Step.find, .create, .record])
    func `a refusal before creation blocks the segment until the next look`(step: SegmentLifecycle.Step) {
        var test = LifecycleUnderTest()
        test.hear(.declared(.declared()))
        let answers: [SegmentLifecycle.Answer] = [.nothing, .done, .created(seven)]
        for answer in answers {
            guard test.wanted.last?.step != step else { break }
            test.answer(answer)
        }
        test.answer(.refused(refusal))
        test.settle(.done)
        #expect(test.life.state == .blocked)
        #expect(test.life.problems == [refusal])
        #expect(test.life.stored == nil)
        #expect(test.hear(.look) == [.find(LifecycleUnderTest.key)])
    }

    /// Created and recorded, waiting for the attachment.
    private func created() -> LifecycleUnderTest {
        var test = LifecycleUnderTest()
        test.hear(.declared(.declared()))
        for answer in [.nothing, .done, .created(seven), .done] as [SegmentLifecycle.Answer] {
            test.answer(answer)
        }
        return test
    }

    @Test func `a new segment the broker cannot attach is kept, restricted, and has drifted`() {
        var test = created()
        #expect(test.answer(.refused(refusal)) == [])
        #expect(test.life.state == .drifted)
        #expect(test.life.problems == [refusal])
        #expect(test.life.unopenedProblem == refusal)
        #expect(test.life.keys == [LifecycleUnderTest.key])
        #expect(test.look(.segment(7, .ownerOnly, attachments: 0)) == [.attach(seven)])
        #expect(test.answer(.attached(address)) == [.setPermissions(seven, .declared)])
        #expect(test.answer(.observed(.segment(7))) == [])
        #expect(test.life.state == .ready)
        #expect(test.life.unopenedProblem == nil)
    }

    @Test func `clients keep a segment that a later broker cannot attach`() {
        var test = LifecycleUnderTest(
            record: SegmentLifecycle.Record(segment: .segment(7), group: .telemetry)
        )
        test.hear(.declared(.declared()))
        #expect(test.answer(.observed(.segment(7, .root, attachments: 1))) == [.attach(seven)])
        #expect(test.answer(.refused(refusal)) == [.setPermissions(seven, .declared)])
        // The permissions may have been the reason.
        #expect(test.answer(.observed(.segment(7, attachments: 1))) == [.attach(seven)])
        #expect(test.answer(.refused(refusal)) == [])
        #expect(test.life.state == .drifted)
        #expect(test.life.problems == [refusal])
        #expect(test.life.unopenedProblem == nil)
        #expect(test.look(.segment(7, attachments: 1)) == [.attach(seven)])
    }

    @Test func `a segment whose permissions cannot be set stays restricted and has drifted`() {
        var test = created()
        #expect(test.answer(.attached(address)) == [.setPermissions(seven, .declared)])
        #expect(test.answer(.refused(refusal)) == [])
        #expect(test.life.state == .drifted)
        #expect(test.life.keys == [LifecycleUnderTest.key])
        #expect(test.look(.segment(7, .ownerOnly)) == [.setPermissions(seven, .declared)])
    }

    // MARK: Asking

    @Test func `changed permissions are repaired`() {
        var test = LifecycleUnderTest.ready()
        #expect(test.look(.segment(7, .root)) == [.setPermissions(seven, .declared)])
        #expect(test.answer(.observed(.segment(7))) == [])
        #expect(test.notes == [.repaired(.root)])
        #expect(test.life.state == .ready)
    }

    @Test func `permissions that cannot be repaired prevent removal`() {
        var test = LifecycleUnderTest.ready()
        test.look(.segment(7, .root))
        test.answer(.refused(refusal))
        #expect(test.life.state == .drifted)
        #expect(test.life.problems == [refusal])
        #expect(test.hear(.asked(.init(.remove))).last?.step == .record)
        #expect(test.answer(.done) == [])
        #expect(test.life.state == .draining)
    }

    @Test func `a vanished segment is recreated at once`() {
        var test = LifecycleUnderTest.ready()
        test.hear(.look)
        let last = test.answer(.nothing)
        #expect(last == [.detach(address, isLast: true), .find(LifecycleUnderTest.key)])
        test.create(8)
        #expect(test.notes == [.vanished, .replaced])
        #expect(test.life.state == .ready)
    }

    @Test func `a foreign segment with a reused identifier is not ours`() {
        var test = LifecycleUnderTest.ready()
        test.look(.segment(7, creator: 1666))
        #expect(test.notes == [.vanished])
    }

    @Test func `an unanswered query changes nothing`() {
        var test = LifecycleUnderTest.ready()
        test.hear(.look)
        #expect(test.answer(.refused(refusal)) == [])
        #expect(test.life.state == .ready)
        // It may be another segment by now, so it is queried first.
        #expect(test.hear(.undeclared) == [.ask(seven)])
    }

    // MARK: Removing

    @Test func `an unused segment is restricted, counted again and marked`() {
        var test = LifecycleUnderTest.ready()
        #expect(
            test.hear(.asked(.init(.remove))) == [.writeRecord(record(.segment(7), due: .init(.remove)))]
        )
        #expect(test.answer(.done) == [.setPermissions(seven, .ownerOnly)])
        #expect(test.answer(.observed(.segment(7, .ownerOnly))) == [.mark(.segment(7))])
        #expect(test.answer(.done) == [.detach(address, isLast: true), .find(LifecycleUnderTest.key)])
        #expect(test.answer(.nothing) == [.eraseRecord])
        #expect(test.answer(.done) == [])
        #expect(test.life.state == .absent)
        #expect(test.notes == [.removed])
    }

    @Test func `a client that attaches while permissions are being revoked keeps the segment`() {
        var test = LifecycleUnderTest.ready()
        test.hear(.asked(.init(.remove)))
        #expect(test.answer(.done) == [.setPermissions(seven, .ownerOnly)])
        #expect(
            test.answer(.observed(.segment(7, .ownerOnly, attachments: 2))) == [
                .setPermissions(seven, .declared)
            ]
        )
        #expect(test.answer(.observed(.segment(7, attachments: 2))) == [])
        #expect(test.life.state == .draining)
        #expect(test.notes == [])
    }

    @Test func `a segment that cannot be marked gets its permissions back`() {
        var test = LifecycleUnderTest.ready()
        test.hear(.asked(.init(.remove)))
        test.answer(.done)
        test.answer(.observed(.segment(7, .ownerOnly)))
        #expect(test.answer(.refused(refusal)) == [.setPermissions(seven, .declared)])
        #expect(test.answer(.observed(.segment(7))) == [])
        #expect(test.life.state == .draining)
        #expect(test.look(.segment(7)) == [.setPermissions(seven, .ownerOnly)])
    }

    @Test func `a segment that vanishes before it is marked counts as removed`() {
        var test = LifecycleUnderTest.ready()
        test.hear(.asked(.init(.remove)))
        test.answer(.done)
        test.answer(.observed(.segment(7, .ownerOnly)))
        test.answer(.nothing)
        test.settle(.nothing)
        #expect(test.life.state == .absent)
        #expect(test.life.request == nil)
    }

    // MARK: Replacing

    @Test func `a half-refused replacement is retried once after the old segment is detached`() {
        var test = LifecycleUnderTest.ready()
        test.hear(.asked(.init(.renew)))
        test.answer(.done)
        test.answer(.observed(.segment(7, .ownerOnly)))
        #expect(test.answer(.done) == [.replace(.segment(7), with: .declared())])
        #expect(test.answer(.done) == [.detach(address, isLast: true), .find(LifecycleUnderTest.key)])
        #expect(test.answer(.nothing).last?.step == .record)
        #expect(test.answer(.done) == [.create(.declared())])
        test.answer(.refused(refusal))
        test.settle(.done)
        #expect(test.life.state == .blocked)
        #expect(test.life.problems == [refusal])
        // Still due, and recorded.
        #expect(test.life.stored == SegmentLifecycle.Record(request: .init(.renew)))
    }

    @Test func `a segment is not given up while its new key is taken`() {
        var test = LifecycleUnderTest.ready()
        let other = SegmentKey(rawValue: 1)
        #expect(test.hear(.declared(.declared(key: other))) == [.find(other)])
        #expect(test.answer(.observed(.stranger(9))) == [])
        #expect(test.hear(.asked(.init(.renew))).last?.step == .record)
        #expect(test.answer(.done) == [])
        #expect(test.life.request == .init(.renew))
        // As soon as the key is free, the segment is renewed under it.
        #expect(test.look(.segment(7)) == [.find(other)])
        #expect(test.answer(.nothing) == [.setPermissions(seven, .ownerOnly)])
        test.answer(.observed(.segment(7, .ownerOnly)))
        #expect(test.answer(.done) == [.replace(.segment(7), with: .declared(other))])
    }

    @Test func `a key taken during a replacement is noticed at once`() {
        var test = LifecycleUnderTest.ready()
        test.hear(.asked(.init(.renew)))
        test.answer(.done)
        test.answer(.observed(.segment(7, .ownerOnly)))
        test.answer(.done)
        test.answer(.done)
        test.answer(.observed(.stranger(9)))
        #expect(test.life.state == .blocked)
        #expect(test.life.problems.map(\.kind) == [.squatted])
    }

    // MARK: Adopting

    private func adopting(_ observation: SegmentLifecycle.Observation) -> LifecycleUnderTest {
        var test = LifecycleUnderTest()
        test.hear(.declared(.declared()))
        test.answer(.observed(.stranger(9)))
        #expect(test.hear(.adopt(SegmentIdentifier(rawValue: 9))) == [.ask(SegmentIdentifier(rawValue: 9))])
        test.answer(.observed(observation))
        return test
    }

    private static func given(
        size: UInt64 = 4096,
        owner: UInt32 = 990,
        key: SegmentKey = LifecycleUnderTest.key,
        isMarked: Bool = false
    ) -> SegmentLifecycle.Observation {
        let permissions = SegmentLifecycle.Permissions(userID: owner, groupID: 1666, mode: [.ownerReadWrite])
        return .segment(
            9,
            permissions,
            attachments: 1,
            isMarked: isMarked,
            creator: 1666,
            size: size,
            key: key
        )
    }

    @Test(
        arguments: [
            (given(size: 4095), .tooSmall), (given(owner: 1666), .ownerDiffers),
            (given(key: SegmentKey(rawValue: 1)), .keyDiffers), (given(key: .private), .keyDiffers),
            (given(isMarked: true), .marked),
        ] as [(SegmentLifecycle.Observation, SegmentLifecycle.AdoptionRefusal)]
    )
    func `only a segment that fits the declaration is adopted`(
        observation: SegmentLifecycle.Observation,
        refusal: SegmentLifecycle.AdoptionRefusal
    ) {
        let test = adopting(observation)
        #expect(test.notes == [.cannotAdopt(refusal)])
        #expect(test.life.memory == .none)
    }

    @Test func `an adopted segment is recorded before anything else`() {
        var test = adopting(Self.given())
        #expect(test.notes == [.adopted])
        #expect(test.wanted.map(\.step) == [.record])
        #expect(test.answer(.done) == [.attach(SegmentIdentifier(rawValue: 9))])
        #expect(
            test.answer(.attached(address)) == [.setPermissions(SegmentIdentifier(rawValue: 9), .declared)]
        )
    }

    @Test func `an adopted segment that cannot be recorded is released untouched`() {
        var test = adopting(Self.given())
        #expect(test.answer(.refused(refusal)) == [.find(LifecycleUnderTest.key)])
        #expect(test.notes == [.adopted, .cannotAdopt(.record(refusal))])
        test.answer(.observed(Self.given()))
        #expect(test.life.state == .blocked)
    }

    @Test func `a name with a segment adopts no other`() {
        var test = LifecycleUnderTest.ready()
        test.hear(.adopt(SegmentIdentifier(rawValue: 9)))
        #expect(test.answer(.observed(Self.given())) == [])
        #expect(test.notes == [.cannotAdopt(.nameHasSegment)])
    }
}
