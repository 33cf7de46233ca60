package import SegmentModel
import SystemPackage
import SystemVSharedMemory

extension Broker {
    /// Grants a lease exactly when the kernel would let the client attach, creating the segment first if
    /// necessary.
    ///
    /// If the segment must be created, returns the lookups needed first; `answers` are those made since the
    /// client called.
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
        defer { if segment.lifecycle.isDemanded { send(.demanded(false), to: segment) } }
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
        let number = grant(access, on: segment, found.identifier, to: holder)
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

    /// Runs calls of several clients with one IPC_STAT per segment that they acquire.
    ///
    /// Every call in `commands` arrived before this started, so one status per segment is a valid answer for
    /// all of them. Whatever the broker itself changes or finds in between is queried again.
    package func together<Result>(_ commands: () throws -> Result) rethrows -> Result {
        statusesTogether = [:]
        defer { statusesTogether = nil }
        return try commands()
    }

    /// Returns the segment as it is in the kernel, created if it was absent or blocked.
    private func present(
        _ segment: BrokeredSegment,
        _ access: Access,
        _ client: Client
    ) throws(BrokerError) -> FoundSegment {
        if let found = unchanged(segment) { return found }
        declareAwaited(segment)
        send(.look, to: segment)
        if segment.live == nil, segment.state != .removing, let definition = segment.definition {
            try mayMake(definition, access, client)
            guard let declaration = resolved(segment) else { throw .noSuchSegment(name: segment.name.string) }
            send(.resolved(declaration), .demanded(true), to: segment)
        }
        guard segments[segment.name.string] != nil else { throw .noSuchSegment(name: segment.name.string) }
        if let problem = segment.lifecycle.shutProblem {
            throw .segmentBlocked(name: segment.name, problem: problem)
        }
        switch segment.state {
        case .ready, .drifted:
            guard let live = segment.live, live.isFresh, let status = status(of: segment) else {
                let problem = segment.lifecycle.refusals[.ask] ?? .kernelNotAsked
                throw .segmentBlocked(name: segment.name, problem: problem)
            }
            statusesTogether?[live.identity.identifier] = status
            return FoundSegment(identifier: live.identity.identifier, status: status)
        case .blocked:
            let problem = segment.lifecycle.problems.first ?? .kernelNotAsked
            throw .segmentBlocked(name: segment.name, problem: problem)
        case .absent, .draining, .removing: throw .segmentRemoving(name: segment.name)
        }
    }

    /// Applies a declaration that the start has not reached yet.
    func declareAwaited(_ segment: BrokeredSegment) {
        guard let awaited = segment.awaited else { return }
        segment.awaited = nil
        send(.declared(awaited.placed ?? resolver.declaration(awaited.definition)), to: segment)
    }

    /// Returns the segment if nothing but its users has changed since it was settled; nil otherwise.
    private func unchanged(_ segment: BrokeredSegment) -> FoundSegment? {
        guard let settled = segment.settled else { return nil }
        let known = statusesTogether?[settled.identifier]
        guard let status = known ?? self.status(settled.identifier), status.isSame(settled.status) else {
            return nil
        }
        if known == nil { statusesTogether?[settled.identifier] = status }
        return FoundSegment(identifier: settled.identifier, status: status)
    }

    /// Throws if the client could not attach the segment once created.
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

    /// Returns the declared name of a group; nil if the declaration names none or another.
    private func groupName(_ number: UInt32, of definition: SegmentDefinition?) -> String? {
        definition?.group.flatMap { groups[$0] == .found(number) ? $0 : nil }
    }

    private func mayHold(_ holder: LeaseHolder) throws(BrokerError) {
        let limit = configuration.settings.limits.leasesPerUser
        guard leaseCounts.held(by: holder.client.userID) < limit else {
            throw .limitReached(limit: "leases_per_user", value: limit)
        }
    }

    private func grant(
        _ access: Access,
        on segment: BrokeredSegment,
        _ identifier: SegmentIdentifier,
        to holder: LeaseHolder
    ) -> UInt64 {
        let number = leaseCounts.add(of: holder.client.userID)
        let lease = HeldLease(
            access: access,
            processID: holder.client.processID,
            userID: holder.client.userID,
            identifier: identifier,
            generation: segment.generation,
            since: clock.realtime()
        )
        segment.leases[number] = lease
        holder.leases[number] = segment
        segment.presentLeases += 1
        if segment.presentLeases == 1 { count(leases: 1, of: segment) }
        tell(.leased, number, lease, of: segment)
        return number
    }

    /// Ends a lease of this connection; leases of other connections do not count as existing.
    package func release(_ lease: String, _ holder: LeaseHolder) throws(BrokerError) {
        // Accept only canonical numbers, not "+1" or "01".
        guard let first = lease.utf8.first, (UInt8(ascii: "1")...UInt8(ascii: "9")).contains(first),
            let number = UInt64(lease), let segment = holder.leases.removeValue(forKey: number)
        else {
            throw .noSuchLease(lease: lease)
        }
        end(number, on: segment, of: holder)
    }

    /// Ends all leases of a closed connection.
    package func disconnected(_ holder: LeaseHolder) {
        while endLease(of: holder) {}
    }

    /// Ends the oldest lease of a closed connection; returns false if it has none left.
    package func endLease(of holder: LeaseHolder) -> Bool {
        guard let (number, segment) = holder.removeOldest() else { return false }
        end(number, on: segment, of: holder)
        return true
    }

    private func end(_ number: UInt64, on segment: BrokeredSegment, of holder: LeaseHolder) {
        guard let lease = segment.leases.removeValue(forKey: number) else { return }
        leaseCounts.remove(of: holder.client.userID)
        tell(.released, number, lease, of: segment)
        guard lease.generation == segment.generation, segment.live != nil else { return }
        segment.presentLeases -= 1
        guard segment.presentLeases == 0, ending == nil else { return }
        guard segment.mayLeaveUnused else { return count(leases: 0, of: segment) }
        send(.look, .leases(0), to: segment)
        offerFreedKeys()
    }
}

extension BrokeredSegment {
    /// Whether ending its last lease may have consequences, depending on the clients' attachments.
    var mayLeaveUnused: Bool {
        guard let declaration = lifecycle.declaration, lifecycle.request == nil else { return true }
        return declaration.isWhileUsed || declaration.renewsWhenUnused
    }
}
