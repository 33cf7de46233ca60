import SegmentModel
import SegmentRecords
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

/// Lifecycles that a broker performs.
@Suite struct PerformedLifecycleTests {
    private func ready() throws -> PerformedLifecycle {
        let performed = try PerformedLifecycle()
        performed.start()
        #expect(performed.takeNotes() == [.created])
        return performed
    }

    @Test func `a declared segment is created, recorded, attached and opened`() throws {
        let performed = try ready()
        let (identifier, status) = try #require(performed.ours.first)
        #expect(performed.life.state == .ready)
        #expect(performed.identifier == identifier)
        #expect(status.key == PerformedLifecycle.key)
        #expect(status.ownerGroupID == 500)
        #expect(status.mode.rawValue == 0o660)
        #expect(status.attachmentCount == 1)
        let traits = SegmentRecord.Traits(
            key: PerformedLifecycle.key,
            size: 4096,
            creatorUserID: 990,
            creatorProcessID: BrokerFixture.processID
        )
        let created = performed.fixture.clock.realtime()
        #expect(
            performed.record
                == SegmentRecord(
                    PerformedLifecycle.name,
                    segment: SegmentRecord.Segment(traits: traits, identifier: identifier, created: created),
                    group: SegmentRecord.Group(name: "telemetry", number: 500)
                )
        )
    }

    @Test func `a second look queries the kernel once and changes nothing`() throws {
        let performed = try ready()
        let before = performed.fixture.kernel.segments
        performed.fixture.injector.restart()
        performed.send(.look)
        #expect(performed.fixture.injector.calls.map(\.word) == [.status])
        #expect(performed.fixture.kernel.segments == before)
        #expect(performed.takeNotes().isEmpty)
    }

    @Test func `a start takes over recorded segments with their creation times`() throws {
        let performed = try ready()
        let (identifier, record) = (performed.identifier, performed.record)
        performed.fixture.clock.now += .seconds(9)
        try performed.restart()
        #expect(performed.life.state == .ready)
        #expect(performed.identifier == identifier)
        #expect(performed.record == record)
        #expect(performed.takeNotes() == [.takenOver])
        #expect(performed.ours.first?.value.attachmentCount == 1)
    }

    @Test func `a record of an older version is completed`() throws {
        let performed = try ready()
        let whole = performed.record
        performed.fixture.disk.records[PerformedLifecycle.name]?.group = nil
        performed.fixture.disk.records[PerformedLifecycle.name]?.segment?.traits.creatorProcessID = nil
        try performed.restart()
        #expect(performed.life.state == .ready)
        #expect(performed.record == whole)
    }

    @Test func `a removal leaves nothing`() throws {
        let performed = try ready()
        performed.send(.look, .asked(SegmentLifecycle.Request(.remove)))
        #expect(performed.life.state == .absent)
        #expect(performed.fixture.kernel.segments.isEmpty)
        #expect(performed.fixture.disk.records.isEmpty)
        #expect(performed.takeNotes() == [.removed])
    }

    @Test func `a renewal now leaves the old memory to its clients and records it until it is gone`() throws {
        let performed = try ready()
        let old = try #require(performed.identifier)
        let address = try performed.fixture.attach(old)
        performed.send(.look, .asked(SegmentLifecycle.Request(.renew, isNow: true)))
        #expect(performed.life.state == .ready)
        #expect(performed.identifier != old)
        #expect(performed.ours.count == 1)
        #expect(performed.record?.formerMemory.map(\.identity.identifier) == [old])
        #expect(performed.record?.request == nil)
        #expect(performed.takeNotes() == [.replaced])
        try performed.restart()
        #expect(performed.life.formerMemory.map(\.identity.identifier) == [old])
        try performed.fixture.kernel.detach(address)
        performed.send(.look)
        #expect(performed.fixture.kernel.segments.count == 1)
        #expect(performed.record?.formerMemory == [])
    }

    @Test func `a pending removal is still pending after a start`() throws {
        let performed = try ready()
        let address = try performed.fixture.attach(try #require(performed.identifier))
        performed.send(.look, .asked(SegmentLifecycle.Request(.remove)))
        #expect(performed.life.state == .draining)
        #expect(performed.record?.request == SegmentRecord.Request(.remove))
        try performed.restart()
        #expect(performed.life.state == .draining)
        try performed.fixture.kernel.detach(address)
        performed.send(.look)
        #expect(performed.life.state == .absent)
        #expect(performed.fixture.kernel.segments.isEmpty)
        #expect(performed.fixture.disk.records.isEmpty)
    }

    @Test(arguments: [false, true])
    func `a segment removed by another program is created again at once, under its key`(
        isAttached: Bool
    ) throws {
        let performed = try ready()
        let old = try #require(performed.identifier)
        if isAttached { _ = try performed.fixture.attach(old) }
        try performed.removeByRoot()
        performed.send(.look)
        #expect(performed.life.state == .ready)
        #expect(performed.identifier != old)
        #expect(performed.ours.map(\.value.key) == [PerformedLifecycle.key])
        #expect(performed.life.formerMemory.count == (isAttached ? 1 : 0))
        #expect(performed.fixture.kernel.segments.count == (isAttached ? 2 : 1))
    }

    @Test func `a foreign segment under the key blocks until it is gone`() throws {
        let performed = try PerformedLifecycle()
        let foreign = try #require(performed.squat())
        performed.start()
        #expect(performed.life.state == .blocked)
        #expect(performed.life.problems.map(\.kind) == [.squatted])
        #expect(performed.fixture.disk.records.isEmpty)
        try performed.fixture.kernel.acting(as: .root) { () throws(Errno) in
            try performed.fixture.kernel.remove(foreign)
        }
        performed.send(.look)
        #expect(performed.life.state == .ready)
    }

    @Test
    func `a foreign segment created within a renewal blocks the name, and nothing of the broker's is left`()
        throws
    {
        let performed = try ready()
        performed.fixture.injector.after = { [unowned performed] call, _ in
            if case .remove = call { performed.squat() }
        }
        performed.send(.look, .asked(SegmentLifecycle.Request(.renew)))
        #expect(performed.life.state == .blocked)
        #expect(performed.life.problems.map(\.kind) == [.squatted])
        #expect(performed.ours.isEmpty)
    }

    @Test func `an unmapped group keeps the segment closed with a reason`() throws {
        let performed = try PerformedLifecycle()
        performed.fixture.injector.refused = (.setOwner, .invalidArgument)
        performed.start()
        #expect(performed.life.state == .drifted)
        #expect(performed.life.problems.map(\.kind) == [.kernelRefused])
        #expect(performed.life.problems.first?.message.contains("does not know the segment's group") == true)
        #expect(performed.ours.first?.value.mode.rawValue == 0o600)
        performed.fixture.injector.restart()
        performed.send(.look)
        #expect(performed.life.state == .ready)
    }
}

/// Every call that a broker makes for a lifecycle is its last, or fails.
@Suite struct PerformedFaultTests {
    private typealias Command = (PerformedLifecycle) -> Void

    private static let administrator: [(name: String, events: [SegmentLifecycle.Event])] = [
        ("start", []), ("check", [.look]),
        ("remove", [.look, .asked(SegmentLifecycle.Request(.remove))]),
        ("remove now", [.look, .asked(SegmentLifecycle.Request(.remove, isNow: true))]),
        ("renew", [.look, .asked(SegmentLifecycle.Request(.renew))]),
        ("renew now", [.look, .asked(SegmentLifecycle.Request(.renew, isNow: true))]),
        ("undeclare", [.undeclared, .look]),
    ]

    /// Ready to run a command, which "start" is itself.
    private func prepare(_ name: String, isAttached: Bool) throws -> PerformedLifecycle {
        let performed = try PerformedLifecycle()
        if name != "start" { performed.start() }
        if isAttached, let identifier = performed.identifier { _ = try performed.fixture.attach(identifier) }
        performed.fixture.injector.restart()
        return performed
    }

    private func run(_ name: String, _ events: [SegmentLifecycle.Event], _ performed: PerformedLifecycle) {
        if name == "start" { performed.start() }
        for event in events { performed.send(event) }
    }

    private func calls(_ name: String, _ events: [SegmentLifecycle.Event], isAttached: Bool) throws -> Int {
        let performed = try prepare(name, isAttached: isAttached)
        run(name, events, performed)
        return performed.fixture.injector.calls.count
    }

    @Test(arguments: administrator.map(\.name), [false, true])
    func `whenever the broker dies, the next start finds its segment or creates it`(
        name: String,
        isAttached: Bool
    ) throws {
        let events = try #require(Self.administrator.first { $0.name == name }).events
        let count = try calls(name, events, isAttached: isAttached)
        #expect(count > 0)
        for index in 0..<count {
            for afterEffect in [false, true] {
                let performed = try prepare(name, isAttached: isAttached)
                performed.fixture.injector.end = (index, afterEffect)
                run(name, events, performed)
                #expect(performed.fixture.injector.hasCrashed)
                try performed.restart()
                try expectWhole(performed, "\(name), dies at call \(index), after it: \(afterEffect)")
            }
        }
    }

    @Test(
        arguments: administrator.map(\.name),
        [.noMemory, .noSpace, .notPermitted, .permissionDenied, .ioError] as [Errno]
    )
    func `the next look recovers from any single failure`(name: String, errno: Errno) throws {
        let events = try #require(Self.administrator.first { $0.name == name }).events
        for index in 0..<(try calls(name, events, isAttached: false)) {
            let performed = try prepare(name, isAttached: false)
            performed.fixture.injector.fault = (index, errno)
            run(name, events, performed)
            performed.fixture.injector.restart()
            performed.send(.look, .declared(performed.declaration), .look)
            try expectWhole(performed, "\(name), call \(index) fails: \(errno)")
        }
    }

    /// One segment at most, recorded and open; and when it is undeclared and let go, nothing.
    private func expectWhole(_ performed: PerformedLifecycle, _ comment: Comment) throws {
        #expect(performed.ours.count <= 1, comment)
        #expect(performed.ours.keys.first == performed.identifier, comment)
        if let identifier = performed.identifier {
            #expect(performed.record?.identifier == identifier, comment)
            #expect(performed.ours[identifier]?.mode.rawValue == 0o660, comment)
            let own = performed.fixture.kernel.attachmentCount(of: identifier, in: BrokerFixture.processID)
            #expect(own == 1, comment)
        }
        performed.fixture.kernel.detachAll(of: 0)
        performed.send(.undeclared, .look)
        #expect(performed.fixture.kernel.segments.isEmpty, comment)
        #expect(performed.fixture.disk.records.isEmpty, comment)
        #expect(performed.life.isOver, comment)
    }
}
