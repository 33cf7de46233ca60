import SegmentBroker
import SegmentModel
import SystemPackage
import SystemVSharedMemory

extension World {
    // MARK: At every instant

    func judge() throws(Violation) {
        let ours = host.segments.filter { $0.isOurs && !$0.isMarked }
        if ours.count > 1 { throw Violation("two segments of one name are not marked") }
        for segment in ours where host.record?.leads(to: segment.identity) != true {
            throw Violation("no record leads to a segment")
        }
        if let broker, broker.formerMemory.count > SegmentLifecycle.formerMemoryLimit {
            throw Violation("more former memory than a name may have")
        }
        guard isAtRest, broker != nil else { return }
        if hasLooked, !isDisturbed, broker?.refusals.isEmpty == true { try judgeAtRest() }
        try judgeThatNothingIsLeft()
    }

    // MARK: At rest, everything seen and nothing refused

    private func judgeAtRest() throws(Violation) {
        guard let broker else { return }
        if host.record?.request != broker.request { throw Violation("the request is not in the record") }
        if broker.stored != host.record { throw Violation("another record is on disk than is known") }
        for segment in host.segments where segment.isOurs && !segment.isMarked {
            if !segment.isPinned { throw Violation("the broker has not attached its segment") }
            if segment.isShut, files != nil { throw Violation("a declared segment stays shut") }
            try judgeGroup(of: segment)
        }
        if let live, host.index(live.identity.identifier).map({ host.segments[$0].isMarked }) ?? true {
            throw Violation("a segment is shown that is not there")
        }
        if let doomed, let index = host.index(doomed), !host.segments[index].isMarked,
            broker.state != .draining
        {
            throw Violation("a removal that was asked for is forgotten")
        }
        try judgeKey(broker)
        var again = self
        try again.run([.event(.look)])
        try again.settle()
        if again != self { throw Violation("a check that finds nothing new changes something") }
    }

    private func judgeKey(_ broker: SegmentLifecycle) throws(Violation) {
        guard let files, let key = broker.declaration.flatMap({ Self.key(of: $0) }), live == nil else {
            return
        }
        guard let index = host.holder(of: key) else {
            let isKept = if case .whileUsed = files.definition.keep { false } else { true }
            let isKnown = files.group == .found(Scenario.group)
            if isKept, isKnown, !broker.isDismissed, !broker.formerMemory.contains(where: \.holdsName) {
                throw Violation("the key of a segment that is wanted is free")
            }
            return
        }
        if !host.segments[index].isOurs, broker.state != .blocked {
            throw Violation("a stranger on the key is not seen")
        }
    }

    /// A name service that no longer knows the group takes it from nobody; another one's name that it does not know
    /// gives it to nobody.
    private func judgeGroup(of segment: Host.Segment) throws(Violation) {
        guard let files, !segment.isAdopted else { return }
        let isAnother = files.definition.group != "telemetry"
        let group = isAnother ? Self.user : Scenario.group
        let bits = segment.permissions.mode.intersection(.groupReadWriteExecute)
        if broker?.request?.verb == .remove { return }
        if segment.permissions.groupID != group || bits.isEmpty != isAnother {
            throw Violation("the group bits are another group's")
        }
    }

    private static func key(of declaration: SegmentLifecycle.Declaration) -> SegmentKey? {
        if case .at(let key) = declaration.key { key } else { nil }
    }

    // MARK: Undeclared and released by everybody

    private func judgeThatNothingIsLeft() throws(Violation) {
        // An adopted one that root has taken back is out of reach.
        guard host.segments.allSatisfy({ !$0.isOurs || mayChange($0) }) else { return }
        var world = self
        world.files = nil
        world.leased = nil
        try world.run([.event(.look), .event(.undeclared), .event(.leases(0))])
        try world.settle()
        for index in world.host.segments.indices { world.host.segments[index].clients = 0 }
        world.host.sweep()
        for _ in 0..<2 {
            try world.run([.event(.look)])
            try world.settle()
        }
        if world.host.segments.contains(where: \.isOurs) || world.host.record != nil {
            throw Violation("something is left when nobody declares or uses it")
        }
    }

    // MARK: After a crash

    /// What people and programs see of the name.
    struct View: Hashable {
        var state: SegmentState?
        var request: SegmentLifecycle.Request?
        var segments: Set<Segment>

        struct Segment: Hashable {
            var isOurs: Bool
            var isMarked: Bool
            var isPinned: Bool
            var clients: Int
            var size: UInt64
            /// Nil where nobody can find it, or where it is no matter which it has.
            var permissions: SegmentLifecycle.Permissions?
            var key: SegmentKey
        }
    }

    var view: View {
        let segments = host.segments.map { segment in
            View.Segment(
                isOurs: segment.isOurs,
                isMarked: segment.isMarked,
                isPinned: segment.isPinned,
                clients: segment.clients,
                size: segment.identity.traits.size,
                permissions: files == nil || segment.isMarked ? nil : segment.permissions,
                key: segment.key
            )
        }
        return View(state: broker?.state, request: broker?.request, segments: Set(segments))
    }

    /// After a check and, where the timer is armed, its end.
    func settledView() throws(Violation) -> View {
        var world = self
        guard world.broker != nil else { return world.view }
        try world.run([.event(.look)])
        try world.settle()
        if case .armed = world.broker?.linger {
            try world.run([.event(.look), .event(.lingerOver)])
            try world.settle()
        }
        return world.view
    }

    /// The same after a crash and a start.
    func recoveredView() throws(Violation) -> View {
        var world = self
        world.die()
        try world.start()
        try world.settle()
        return try world.settledView()
    }
}
