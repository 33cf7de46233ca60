import SegmentModel
import SystemPackage
import SystemVSharedMemory

extension Broker {
    /// Sets owner, group and mode as declared where they differ; the status after that.
    @discardableResult
    func repairPermissions(_ segment: BrokeredSegment, _ status: SegmentStatus) -> SegmentStatus {
        guard segment.life.isInKernel, let mode = segment.definition?.mode else { return status }
        let group: UInt32
        do throws(SegmentProblem) { group = try resolver.number(ofGroup: segment.definition?.group) } catch {
            group = status.ownerGroupID
        }
        let isAsDeclared =
            status.ownerUserID == identity.userID && status.ownerGroupID == group && status.mode == mode
        if isAsDeclared, !segment.life.isUnrepaired { return status }
        guard var live = segment.life.segment else { return status }
        guard !isAsDeclared else {
            note(nil, on: segment, &live)
            return status
        }
        do throws(Errno) {
            try kernel.setOwner(
                live.identifier,
                userID: identity.userID,
                groupID: group,
                mode: mode
            )
        } catch {
            note(.permissionsDiffer(status, reason: error.description), on: segment, &live)
            return status
        }
        live.unrepaired = nil
        segment.life.segment = live
        tell(.repaired(SegmentLifecycle.Observation(live.identifier, status).permissions), of: segment)
        return self.status(live.identifier) ?? status
    }

    /// Says once that permissions cannot be set, or that they are right again.
    private func note(_ problem: SegmentProblem?, on segment: BrokeredSegment, _ live: inout LiveSegment) {
        guard live.unrepaired != problem else { return }
        live.unrepaired = problem
        segment.life.segment = live
        tell(problem.map(SegmentChange.unrepaired) ?? .silent(.changed), of: segment)
    }
}
