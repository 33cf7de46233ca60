package import SegmentModel
import SystemPackage
import SystemVSharedMemory

extension Broker {
    /// Grants a lease on a segment exactly when the kernel would let the client attach, making it first if need be.
    ///
    /// A segment that is to be made first has the questions asked on which that depends; `answers` are what was
    /// answered since the client asked for the lease.
    package func acquire(
        _ name: String,
        _ access: Access,
        _ holder: LeaseHolder,
        knowing answers: FreshAnswers
    ) throws(BrokerError) -> Acquisition {
        guard let segment = segments[name] else { throw .noSuchSegment(name: name) }
        try mayHold(holder)
        let questions = try questions(beforeMaking: segment, answers)
        guard questions.isEmpty else { return .asking(questions) }
        let found = try present(segment, access, holder.client)
        let status = found.status
        let rule = AccessRule(status)
        guard rule.grants(access, to: holder.client) else {
            throw .accessDenied(
                name: segment.name,
                access: access,
                userID: holder.client.userID,
                reason: rule.reason(
                    against: holder.client,
                    access,
                    groupName: groupName(rule.ownerGroupID, of: segment.definition)
                )
            )
        }
        let number = grant(access, on: segment, to: holder)
        return .granted(
            Grant(
                lease: String(number),
                name: segment.name,
                key: status.key,
                identifier: found.identifier,
                size: ByteCount(bytes: status.size),
                access: access,
                creatorUserID: status.creatorUserID,
                changeTime: status.lastChange,
                ipcNamespace: ipcNamespace
            )
        )
    }

    /// Runs commands of clients who have all asked by now: the kernel is asked once of each segment that they acquire.
    ///
    /// It is asked after they did and before those have their answers whom it serves, as if all had been answered at
    /// that moment. What the broker itself changes or finds in between is asked anew.
    package func together<Result>(_ commands: () throws -> Result) rethrows -> Result {
        statusesTogether = [:]
        defer { statusesTogether = nil }
        return try commands()
    }

    /// The segment as the kernel has it now, made if it is absent or was blocked.
    private func present(
        _ segment: BrokeredSegment,
        _ access: Access,
        _ client: Client
    ) throws(BrokerError) -> FoundSegment {
        if case .live(let live) = segment.life, let status = statusesTogether?[live.identifier] {
            return FoundSegment(identifier: live.identifier, status: status)
        }
        if let status = refreshAsked(segment), case .live(let live) = segment.life {
            return FoundSegment(identifier: live.identifier, status: status)
        }
        switch segment.life {
        case .absent, .blocked:
            guard let definition = segment.definition else { break }
            try mayMake(definition, access, client)
            provision(segment, onDemand: true)
        case .live, .draining, .removing: break
        }
        switch segment.life {
        case .live(let live):
            switch liveness(live) {
            case .alive(let status): return FoundSegment(identifier: live.identifier, status: status)
            case .marked, .gone: throw .segmentRemoving(name: segment.name)
            case .unknown(let errno):
                let problem = refusal("shmctl", errno, ByteCount(bytes: live.size))
                throw .segmentBlocked(name: segment.name, problem: problem)
            }
        case .blocked(let problem):
            throw .segmentBlocked(name: segment.name, problem: problem)
        case .absent where segment.definition == nil:
            throw .noSuchSegment(name: segment.name.string)
        case .absent, .draining, .removing:
            throw .segmentRemoving(name: segment.name)
        }
    }

    /// Nobody makes a segment that they could not attach.
    private func mayMake(
        _ definition: SegmentDefinition,
        _ access: Access,
        _ client: Client
    ) throws(BrokerError) {
        let group: UInt32
        do throws(SegmentProblem) {
            group = try resolver.number(ofGroup: definition.group)
        } catch {
            throw .segmentBlocked(name: definition.name, problem: error)
        }
        let rule = AccessRule(
            ownerUserID: identity.userID,
            creatorUserID: identity.userID,
            ownerGroupID: group,
            creatorGroupID: identity.groupID,
            mode: definition.mode
        )
        guard !rule.grants(access, to: client) else { return }
        throw .accessDenied(
            name: definition.name,
            access: access,
            userID: client.userID,
            reason: rule.reason(against: client, access, groupName: groupName(group, of: definition))
        )
    }

    /// What a declaration calls a group; nil where it names none, or another.
    private func groupName(_ number: UInt32, of definition: SegmentDefinition?) -> String? {
        definition?.group.flatMap { groups[$0] == .found(number) ? $0 : nil }
    }

    private func mayHold(_ holder: LeaseHolder) throws(BrokerError) {
        let limit = configuration.settings.limits.leasesPerUser
        guard leaseCounts.held(by: holder.client.userID) < limit else {
            throw .limitReached(limit: "leases_per_user", value: limit)
        }
    }

    private func grant(_ access: Access, on segment: BrokeredSegment, to holder: LeaseHolder) -> UInt64 {
        let number = leaseCounts.add(of: holder.client.userID)
        let lease = HeldLease(access: access, holder: holder, since: clock.realtime())
        segment.leases[number] = lease
        holder.leases[number] = segment
        if !removalDue.isEmpty { removalDue[segment.name] = nil }
        tell(.leased, number, lease, of: segment)
        return number
    }

    /// Ends one lease of this connection; another connection's is as good as none.
    package func release(_ lease: String, _ holder: LeaseHolder) throws(BrokerError) {
        // Only as it was written: "+1" and "01" are others.
        guard let first = lease.utf8.first, (UInt8(ascii: "1")...UInt8(ascii: "9")).contains(first),
            let number = UInt64(lease), let segment = holder.leases.removeValue(forKey: number)
        else {
            throw .noSuchLease(lease: lease)
        }
        end(number, on: segment, of: holder)
    }

    /// Ends all leases of a connection that is gone.
    package func disconnected(_ holder: LeaseHolder) {
        while endLease(of: holder) {}
    }

    /// Ends the oldest lease of a connection that is gone; false where it has none any more.
    package func endLease(of holder: LeaseHolder) -> Bool {
        guard let (number, segment) = holder.removeOldest() else { return false }
        end(number, on: segment, of: holder)
        return true
    }

    private func end(_ number: UInt64, on segment: BrokeredSegment, of holder: LeaseHolder) {
        guard let lease = segment.leases.removeValue(forKey: number) else { return }
        leaseCounts.remove(of: holder.client.userID)
        tell(.released, number, lease, of: segment)
        if segment.leases.isEmpty { retireIfUnused(segment) }
    }
}
