import SegmentModel
import SegmentRecords
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory

/// Checks each call of the broker just before it takes effect.
extension SimulatedHost {
    func checkCall(_ call: OutsideCall) {
        switch call {
        case .attach(let identifier), .setOwner(let identifier):
            guard kernel.segments[identifier] != nil else { return }
            require(oracle.made.contains(identifier), "foreign segment \(identifier) is touched: \(call)")
        case .remove(let identifier):
            guard kernel.segments[identifier] != nil else { return }
            require(oracle.made.contains(identifier), "foreign segment \(identifier) is removed")
            checkRemoval(of: identifier)
        case .ftok, .find, .create, .detach, .status, .statusOfAny, .limits, .excludeFromCoreDumps: break
        case .writeRecord: if disk.writeFailure != nil { forgive(call) }
        case .removeRecord: if disk.removalFailure != nil { forgive(call) }
        case .loadRecords: break
        }
    }

    /// Notes changes of records that the disk refused, which a broker cannot know after a crash.
    func forgive(_ call: OutsideCall) {
        switch call {
        case .writeRecord(let record):
            if let identifier = record.identifier { oracle.excused.insert(identifier) }
        case .removeRecord: hasStaleRecords = true
        default: break
        }
    }

    func remember(_ call: OutsideCall, _ identifier: SegmentIdentifier?) {
        guard case .create = call, let identifier else { return }
        oracle.made.insert(identifier)
        oracle.madeNow.insert(identifier)
        oracle.lastUsed[identifier] = clock.now
    }

    private func checkRemoval(of identifier: SegmentIdentifier) {
        guard !oracle.madeNow.contains(identifier), let command else { return }
        let shown = oracle.shown(identifier)
        let users = clientAttachments(identifier)
        if users > 0 || isLeased(identifier), !oracle.isInterferedWith {
            require(
                mayTakeFromUsers(identifier, shown, command),
                "segment \(identifier) is removed under \(users) attachments, leased: \(isLeased(identifier))"
            )
        }
        require(
            mayRemove(identifier, shown, command),
            "segment \(identifier) is removed, nobody asked for it"
        )
    }

    private func mayTakeFromUsers(
        _ identifier: SegmentIdentifier,
        _ shown: SegmentDescription?,
        _ command: Command
    ) -> Bool {
        switch command {
        case .remove(let name, .immediately): shown?.name == name
        case .stop(isRestart: false): shown?.keep == .untilStop
        // Requested before a kill, or before the kernel refused it.
        default: isRemovalDue(identifier) { $0.isNow }
        }
    }

    private func mayRemove(
        _ identifier: SegmentIdentifier,
        _ shown: SegmentDescription?,
        _ command: Command
    ) -> Bool {
        switch command {
        case .remove(let name, _): return shown?.name == name
        case .stop(let isRestart): return !isRestart && shown.map(goesWithStop) ?? false
        case .start: return isRecordedOnly(identifier) || isRemovalDue(identifier) { _ in true }
        case .reload, .check, .expire, .describe, .acquire, .endLeases:
            guard let shown else { return isRecordedOnly(identifier) }
            guard let definition = inForce[shown.name], shown.state != .draining else { return true }
            guard case .whileUsed(let linger) = definition.keep else { return false }
            if case .reload = command { return true }
            if hasImpossibleTime(identifier) { return true }
            return clock.now - oracle.lastUsed[identifier, default: .zero] >= linger
        }
    }

    /// Returns whether the record of a segment is one of an undeclared name.
    private func isRecordedOnly(_ identifier: SegmentIdentifier) -> Bool {
        let record =
            disk.records.values.first { $0.identifier == identifier }
            ?? disk.records.values.first { $0.key == kernel.segments[identifier]?.key }
        return record.map { inForce[$0.name] == nil } ?? false
    }

    /// Returns whether a recorded removal of a segment satisfies a condition.
    private func isRemovalDue(
        _ identifier: SegmentIdentifier,
        _ isMeant: (SegmentRecord.Request) -> Bool
    ) -> Bool {
        disk.records.values.contains { record in
            guard record.identifier == identifier, let request = record.request else { return false }
            return request.verb == .remove && isMeant(request)
        }
    }

    private func goesWithStop(_ shown: SegmentDescription) -> Bool {
        switch inForce[shown.name]?.keep {
        case .untilStop, .whileUsed: true
        case .untilReboot, nil: false
        }
    }
}
