import SegmentBroker
import SegmentModel
import SystemPackage
import SystemVSharedMemory

extension ExploredSystem {
    // MARK: At every instant

    func checkInvariants() throws(Violation) {
        let ours = host.segments.filter { $0.isOurs && !$0.isMarked }
        if ours.count > 1 { throw Violation("two unmarked segments under one name") }
        for segment in ours where host.record?.leads(to: segment.identity) != true {
            throw Violation("no record leads to a segment of the broker")
        }
        if let broker, broker.formerMemory.count > SegmentLifecycle.formerMemoryLimit {
            throw Violation("too many former memories")
        }
        guard isAtRest, broker != nil else { return }
        if hasLooked, !isDisturbed, broker?.refusals.isEmpty == true { try checkAtRest() }
        try checkNothingIsLeft()
    }

    // MARK: At rest, everything seen and nothing refused

    private func checkAtRest() throws(Violation) {
        guard let broker else { return }
        if host.record?.request != broker.request { throw Violation("the due request is not recorded") }
        if broker.stored != host.record { throw Violation("the record on disk is not the known one") }
        for segment in host.segments where segment.isOurs && !segment.isMarked {
            if !segment.isPinned { throw Violation("the broker is not attached to its segment") }
            if segment.isOwnerOnly, files != nil {
                throw Violation("a declared segment stays restricted to its owner")
            }
            try checkGroup(of: segment)
        }
        if let live, host.index(live.identity.identifier).map({ host.segments[$0].isMarked }) ?? true {
            throw Violation("a live segment is reported that does not exist")
        }
        if let segmentToRemove, let index = host.index(segmentToRemove), !host.segments[index].isMarked,
            broker.state != .draining
        {
            throw Violation("a requested removal is forgotten")
        }
        try checkKey(broker)
        var again = self
        try again.run([.event(.look)])
        try again.settle()
        if again != self { throw Violation("a second check changes something") }
    }

    private func checkKey(_ broker: SegmentLifecycle) throws(Violation) {
        guard let files, let key = broker.declaration.flatMap({ Self.key(of: $0) }), live == nil else {
            return
        }
        guard let index = host.holder(of: key) else {
            let isKept = if case .whileUsed = files.definition.keep { false } else { true }
            let isKnown = files.group == .found(Scenario.group)
            if isKept, isKnown, !broker.isDismissed, !broker.formerMemory.contains(where: \.holdsName) {
                throw Violation("the key of a wanted segment is free")
            }
            return
        }
        if !host.segments[index].isOurs, broker.state != .blocked {
            throw Violation("a foreign segment under the key is not reported")
        }
    }

    /// A forgotten group keeps its access; declaring a nonexistent group revokes the group bits.
    private func checkGroup(of segment: Host.Segment) throws(Violation) {
        guard let files, !segment.isAdopted else { return }
        let isAnother = files.definition.group != "telemetry"
        let group = isAnother ? Self.user : Scenario.group
        let bits = segment.permissions.mode.intersection(.groupReadWriteExecute)
        if broker?.request?.verb == .remove { return }
        if segment.permissions.groupID != group || bits.isEmpty != isAnother {
            throw Violation("the wrong group has access")
        }
    }

    private static func key(of declaration: SegmentLifecycle.Declaration) -> SegmentKey? {
        if case .at(let key) = declaration.key { key } else { nil }
    }

    // MARK: Undeclared and released by everybody

    private func checkNothingIsLeft() throws(Violation) {
        // The broker can no longer change an adopted segment that root has taken back.
        guard host.segments.allSatisfy({ !$0.isOurs || mayChange($0) }) else { return }
        var system = self
        system.files = nil
        system.leased = nil
        try system.run([.event(.look), .event(.undeclared), .event(.leases(0))])
        try system.settle()
        for index in system.host.segments.indices { system.host.segments[index].clients = 0 }
        system.host.sweep()
        for _ in 0..<2 {
            try system.run([.event(.returned), .event(.look)])
            try system.settle()
        }
        if system.host.segments.contains(where: \.isOurs) || system.host.record != nil {
            throw Violation("something is left after undeclaring and releasing the segment")
        }
    }

    // MARK: After a crash

    /// What is visible from outside.
    struct View: Hashable {
        var state: SegmentLifecycle.State?
        var request: SegmentLifecycle.Request?
        var segments: Set<Segment>

        struct Segment: Hashable {
            var isOurs: Bool
            var isMarked: Bool
            var isPinned: Bool
            var clients: Int
            var size: UInt64
            /// Nil where they do not matter: marked, or no longer declared.
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

    /// The view after a check and, if the timer is armed, its end.
    func settledView() throws(Violation) -> View {
        var system = self
        guard system.broker != nil else { return system.view }
        try system.run([.event(.returned), .event(.look)])
        try system.settle()
        if case .armed = system.broker?.linger {
            try system.run([.event(.look), .event(.lingerOver)])
            try system.settle()
        }
        return system.view
    }

    /// The view after a crash and a restart.
    func recoveredView() throws(Violation) -> View {
        var system = self
        system.die()
        try system.start()
        try system.settle()
        return try system.settledView()
    }
}
