import SegmentBroker
import SegmentModel
import SegmentTestSupport
import SystemVSharedMemory

/// After quiescing, only declared segments are left, and nothing once nothing is declared.
extension SimulatedHost {
    func quiesce() throws {
        trace.record("quiesce")
        isQuiescing = true
        defer { isQuiescing = false }
        (disk.writeFailure, disk.removalFailure) = (nil, nil)
        (kernel.capacity, kernel.destroysUnattached, kernel.saidLimits) = (12, false, nil)
        kernel.countAttachments()
        for client in clients { die(client) }
        for identifier in kernel.segments.keys where !oracle.made.contains(identifier) {
            kernel.acting(as: Client.root) { try? kernel.remove(identifier) }
        }
        while daemon == nil { try begin() }
        try settle()
        checkInvariants()
        for segment in oracle.view { checkQuiescent(segment) }
        require(daemon?.broker.leaseCount == 0, "leases are left")
        guard random.once(in: 2) else { return }
        try clear()
    }

    /// Runs checks until nothing changes, since the broker may randomly crash at any of them.
    private func settle() throws {
        var quiet = 0
        while quiet < 3 {
            if daemon == nil { try begin() }
            checkInvariants()
            clock.now += .seconds(30)
            while daemon?.worker.detaches.isEmpty == false { daemon?.worker.work() }
            check()
            quiet = isDisturbed || daemon == nil ? 0 : quiet + 1
        }
    }

    private func checkQuiescent(_ segment: SegmentDescription) {
        switch SegmentLifecycle.State(rawValue: segment.state.rawValue) {
        case .draining, .removing:
            violate("\(segment.name) is still \(segment.state)")
        case .ready, .drifted:
            if case .whileUsed? = inForce[segment.name]?.keep { violate("\(segment.name) lingers for ever") }
        case .absent, .blocked, nil: break
        }
    }

    private func clear() throws {
        declared = [:]
        trace.record("files: none")
        if daemon != nil {
            inForce = [:]
            let configuration = configuration()
            run(.reload, "reload") { $0.reload(configuration, groups: groups) }
        }
        try settle()
        checkInvariants()
        for identifier in oracle.made.subtracting(oracle.excused) where kernel.segments[identifier] != nil {
            violate("nothing is declared, and segment \(identifier) is left")
        }
        require(disk.records.isEmpty || hasStaleRecords, "nothing is declared, and records are left")
        // A segment that the broker cannot know must be removed by others.
        kernel.acting(as: Client.root) {
            for identifier in kernel.segments.keys { try? kernel.remove(identifier) }
        }
        oracle.excused = []
        edit()
    }
}
