import Logging
package import SegmentModel
import SystemPackage
import SystemVSharedMemory

extension Broker {
    /// Looks for changes that nobody told of: removed, re-owned, a group renumbered, the last user gone; and
    /// tries again what is blocked.
    ///
    /// To be called every 15 s with freshly looked up groups.
    package func check(groups: GroupTable) {
        self.groups = groups
        for segment in sorted {
            switch segment.life {
            case .live(let before):
                refresh(segment)
                shield(segment)
                guard case .live(let live) = segment.life, live.identifier == before.identifier else {
                    continue
                }
                noteDifferences(segment, live)
                retireIfUnused(segment)
            case .draining:
                refresh(segment)
                retireIfUnused(segment)
            case .removing: refresh(segment)
            case .blocked: provision(segment)
            case .absent: break
            }
        }
        noteHost()
    }

    private func noteDifferences(_ segment: BrokeredSegment, _ live: LiveSegment) {
        var live = live
        let before = live.differences
        live.differences = differences(segment, live)
        segment.life = .live(live)
        guard live.differences != before else { return }
        for difference in live.differences where !before.contains(difference) {
            report(.warning, .drifted, "Segment \(segment.name) has drifted: \(difference.message)", segment)
        }
        publish(.changed, segment)
    }

    /// Compares one segment with the kernel and acts on what is found.
    ///
    /// Nil if it is not, or no longer, in the kernel under its key.
    @discardableResult
    func refresh(_ segment: BrokeredSegment) -> SegmentStatus? {
        switch segment.life {
        case .live(let live), .draining(let live):
            guard let status = status(live.identifier) else {
                lost(segment, live)
                return nil
            }
            if status.isMarkedForRemoval {
                markedByOther(segment, live)
                return nil
            }
            repairPermissions(segment, status)
            return status
        case .removing(let doomed):
            if status(doomed.identifier) == nil { gone(segment, doomed) }
            return nil
        case .absent, .blocked:
            return nil
        }
    }

    /// Nil once there is no such segment.
    func status(_ identifier: SegmentIdentifier) -> SegmentStatus? {
        do throws(Errno) {
            return try kernel.status(identifier)
        } catch .permissionDenied {
            return try? kernel.statusOfAny(identifier)
        } catch {
            return nil
        }
    }

    /// It vanished although nobody but the kernel can do that while the keeper is attached.
    private func lost(_ segment: BrokeredSegment, _ live: LiveSegment) {
        if let keeper = live.keeper { detachElsewhere(keeper) }
        report(.warning, .removedByOther, "Segment \(segment.name) was removed by somebody else", segment)
        makeAgain(segment, wasDraining: segment.life.state == .draining)
    }

    /// Marked while nobody but the keeper is attached: nobody can see it any more, so it is made again at
    /// once.
    ///
    /// Marked while a client is attached: it stays that client's memory until the last detach.
    private func markedByOther(_ segment: BrokeredSegment, _ live: LiveSegment) {
        let wasDraining = segment.life.state == .draining
        let attachments = shut(live)
        if let keeper = live.keeper { detachElsewhere(keeper) }
        report(
            .warning,
            .removedByOther,
            "Segment \(segment.name) was marked for removal by somebody else",
            segment
        )
        guard attachments == 0 else {
            segment.life = .removing(
                DoomedSegment(identifier: live.identifier, size: live.size, byOther: true)
            )
            return publish(.removing, segment)
        }
        makeAgain(segment, wasDraining: wasDraining)
    }

    /// A marked segment has lost its last attachment.
    private func gone(_ segment: BrokeredSegment, _ doomed: DoomedSegment) {
        dropRecord(segment)
        if doomed.byOther {
            makeAgain(segment, wasDraining: false)
        } else {
            segment.life = .absent
            publish(.removed, segment)
            if segment.definition == nil { forget(segment) }
        }
    }

    private func makeAgain(_ segment: BrokeredSegment, wasDraining: Bool) {
        dropRecord(segment)
        segment.life = .absent
        guard segment.definition != nil, !wasDraining else {
            publish(.removed, segment)
            if segment.definition == nil { forget(segment) }
            return
        }
        provision(segment, onDemand: !segment.leases.isEmpty, as: .replaced)
        if case .absent = segment.life { publish(.removed, segment) }
    }

    /// Sets owner, group and mode as declared where they differ.
    func repairPermissions(_ segment: BrokeredSegment, _ status: SegmentStatus) {
        guard case .live(var live) = segment.life, let definition = segment.definition else { return }
        let group: UInt32
        do throws(SegmentProblem) { group = try wantedGroup(definition) } catch {
            group = status.ownerGroupID
        }
        if status.ownerUserID == identity.userID, status.ownerGroupID == group, status.mode == definition.mode
        {
            if live.unrepaired != nil {
                live.unrepaired = nil
                segment.life = .live(live)
                publish(.changed, segment)
            }
            return
        }
        do throws(Errno) {
            try kernel.setOwner(
                live.identifier,
                userID: identity.userID,
                groupID: group,
                mode: definition.mode
            )
            live.unrepaired = nil
            segment.life = .live(live)
            let found = "0\(String(status.mode.rawValue & 0o777, radix: 8))"
            report(
                .notice,
                .repaired,
                "Segment \(segment.name) had owner \(status.ownerUserID), group \(status.ownerGroupID), mode \(found): "
                    + "set as declared",
                segment
            )
            publish(.changed, segment)
        } catch {
            let problem = SegmentProblem.permissionsDiffer(status, reason: error.description)
            guard live.unrepaired != problem else { return }
            live.unrepaired = problem
            segment.life = .live(live)
            report(.error, .drifted, "Segment \(segment.name): \(problem.message)", segment)
            publish(.changed, segment)
        }
    }
}
