import SegmentBroker
import SegmentModel
import SegmentRecords
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory

/// Invariants after every step.
extension SimulatedHost {
    func checkInvariants() {
        guard let daemon else { return checkOrphans([]) }
        let view = walk(daemon.broker)
        oracle.view = view
        noteUse()
        checkOrphans(view)
        checkLeases(view, daemon.broker)
        checkNames(view)
        checkPlacing(view)
        if let difference = subscriber.difference(from: view) { violate("events: \(difference)") }
        if let due = daemon.broker.nextRemoval { checkDeadline(due, view) }
        guard !isDisturbed else { return }
        for segment in view { checkSettled(segment, daemon) }
        checkRecords(view)
    }

    private func noteUse() {
        for identifier in kernel.segments.keys where oracle.made.contains(identifier) {
            if clientAttachments(identifier) > 0 || isLeased(identifier) {
                oracle.lastUsed[identifier] = clock.now
            }
        }
    }

    /// Checks that every segment ever created by a broker is shown, or can be found by a record or a
    /// declaration.
    private func checkOrphans(_ view: [SegmentDescription]) {
        for (identifier, status) in kernel.segments
        where oracle.made.contains(identifier) && !status.isMarkedForRemoval
            && !oracle.excused.contains(identifier)
        {
            guard !view.contains(where: { $0.identifier == identifier }) else { continue }
            let isRecorded = disk.records.values.contains {
                $0.identifier == identifier || $0.identifier == nil && $0.key == status.key
            }
            require(
                isRecorded && (daemon == nil || isDisturbed),
                "segment \(identifier) with key \(status.key) is an orphan"
            )
        }
    }

    private func checkLeases(_ view: [SegmentDescription], _ broker: Broker) {
        let held = clients.reduce(0) { $0 + $1.leases.count }
        require(broker.leaseCount == held, "\(broker.leaseCount) leases are counted, \(held) are held")
        require(subscriber.leases == held, "events tell of \(subscriber.leases) leases, \(held) are held")
        for segment in view {
            for lease in segment.leases {
                let holder = clients.first { $0.client.processID == lease.processID }
                require(
                    holder?.leases.contains { $0.lease == lease.identifier && $0.name == segment.name }
                        ?? false,
                    "\(segment.name) shows a lease that nobody holds"
                )
            }
        }
    }

    /// Checks that each name has one segment and one key.
    private func checkNames(_ view: [SegmentDescription]) {
        require(view.map(\.name) == view.map(\.name).sorted(), "the view is out of order")
        let identifiers = view.compactMap(\.identifier)
        let shown = view.map { "\($0.name) is \($0.state), \($0.identifier as SegmentIdentifier?)" }
        require(Set(identifiers).count == identifiers.count, "two names show one segment: \(shown)")
        let keys = view.compactMap(\.key)
        require(Set(keys).count == keys.count, "two names show one key")
        for segment in view {
            switch SegmentLifecycle.State(rawValue: segment.state.rawValue) {
            case .absent: require(segment.identifier == nil && segment.problems.isEmpty, "\(segment)")
            case .blocked: require(segment.identifier == nil && segment.problems.count == 1, "\(segment)")
            case .ready: require(segment.identifier != nil && segment.problems.isEmpty, "\(segment)")
            case .drifted: require(segment.identifier != nil && !segment.problems.isEmpty, "\(segment)")
            case .draining, .removing: require(segment.identifier != nil, "\(segment)")
            case nil: violate("\(segment)")
            }
            if inForce[segment.name] == nil, let daemon {
                let mayBe: Set<SegmentState> = [.draining, .removing, .blocked]
                require(
                    mayBe.contains(segment.state) || daemon.injector.hasCrashed,
                    "undeclared \(segment.name) is \(segment.state)"
                )
            }
        }
        for name in inForce.keys where !view.contains(where: { $0.name == name }) {
            violate("declared \(name) is not shown")
        }
    }

    private func checkDeadline(_ due: Duration, _ view: [SegmentDescription]) {
        let waits = view.contains { segment in
            guard case .whileUsed? = inForce[segment.name]?.keep else { return false }
            return segment.identifier.map { !isLeased($0) } ?? false
        }
        require(waits, "a deadline is set, at \(due), and no segment lingers")
    }

    private func checkRecords(_ view: [SegmentDescription]) {
        for segment in view {
            switch SegmentLifecycle.State(rawValue: segment.state.rawValue) {
            case .ready, .drifted, .draining:
                let record = disk.records[segment.name]
                require(
                    record?.identifier == segment.identifier && record?.key == segment.key,
                    "\(segment.name) is \(segment.state), segment \(segment.identifier as SegmentIdentifier?), "
                        + "its record is \(record as SegmentRecord?)"
                )
            case .absent, .blocked:
                require(
                    disk.records[segment.name]?.segment == nil || hasStaleRecords,
                    "\(segment.name) is \(segment.state) \(segment.problems.map(\.message)) and has a record \(disk.records[segment.name] as SegmentRecord?)"
                )
            case .removing, nil: break
            }
        }
        guard !hasStaleRecords else { return }
        for name in disk.records.keys where !view.contains(where: { $0.name == name }) {
            violate("there is a record of \(name), which nobody knows")
        }
    }
}

/// Invariants if nothing has happened that the broker cannot know yet.
extension SimulatedHost {
    func checkSettled(_ segment: SegmentDescription, _ daemon: BrokerFixture) {
        guard let identifier = segment.identifier else { return }
        guard let status = kernel.segments[identifier] else {
            // The end of a marked segment is noticed at the next check, as is one that the broker could not
            // attach.
            return require(
                segment.state == .removing || kernel.destroysUnattached && inForce[segment.name] == nil,
                "\(segment.name) shows \(identifier), which is gone"
            )
        }
        require(
            segment.size.bytes == status.size,
            "\(segment.name) shows \(segment.size), the kernel \(status.size)"
        )
        require(segment.mode == status.mode, "\(segment.name) shows another mode than the kernel")
        // The mode of an undeclared segment is unknown, and the kernel may refuse access even to its creator.
        if inForce[segment.name] != nil || status.mode.contains(.ownerRead) {
            checkOwnAttachment(segment, identifier, daemon)
        }
        if segment.state == .removing {
            return require(status.isMarkedForRemoval, "\(segment.name) is removing and not marked")
        }
        require(!status.isMarkedForRemoval, "\(segment.name) is \(segment.state) and marked")
        require(segment.key == status.key, "\(segment.name) shows another key than the kernel")
        guard let definition = inForce[segment.name], segment.state != .draining else { return }
        checkDeclared(segment, status, definition)
    }

    private func checkOwnAttachment(
        _ segment: SegmentDescription,
        _ identifier: SegmentIdentifier,
        _ daemon: BrokerFixture
    ) {
        let own = kernel.attachmentCount(of: identifier, in: BrokerFixture.processID)
        let leaving = daemon.worker.detaches.count { kernel.segment(at: $0) == identifier }
        let wanted = segment.state == .removing ? 0 : 1
        require(
            own - leaving == wanted,
            "\(segment.name) is \(segment.state) with \(own - leaving) attachments of the broker"
        )
        require(
            segment.attachmentCount == clientAttachments(identifier),
            "\(segment.name) shows \(segment.attachmentCount) attachments, "
                + "programs have \(clientAttachments(identifier))"
        )
    }

    private func checkDeclared(
        _ segment: SegmentDescription,
        _ status: SegmentStatus,
        _ definition: SegmentDefinition
    ) {
        require(status.ownerUserID == BrokerFixture.userID, "\(segment.name) is owned by another")
        // A group known not to exist gets no access.
        let isNobody = definition.group.map { groupsInForce[$0] != .found(status.ownerGroupID) } ?? false
        let ownerOnly = definition.mode.subtracting(.groupReadWriteExecute)
        require(
            status.mode == definition.mode || isNobody && status.mode == ownerOnly,
            "\(segment.name) has another mode than declared"
        )
        let kinds = Set(segment.problems.map(\.kind))
        require(
            kinds.contains(.sizeDiffers) == (status.size != definition.size.bytes),
            "\(segment.name): a difference of size is not told right"
        )
        if case .value(let key) = definition.key {
            require(
                kinds.contains(.keyDiffers) == (status.key != key),
                "\(segment.name): a difference of key is not told right"
            )
        }
        switch definition.group.map({ groupsInForce[$0] }) {
        case .found(let number):
            require(status.ownerGroupID == number, "\(segment.name) has another group than declared")
        case nil:
            require(
                status.ownerGroupID == BrokerFixture.userID,
                "\(segment.name) has a group, none is declared"
            )
        case .unknown, .failed, .unanswered: break
        }
    }
}
