package import SegmentModel
import SystemVSharedMemory

extension Broker {
    func mayHold(_ holder: LeaseHolder) throws(BrokerError) {
        let limit = configuration.settings.limits.leasesPerUser
        guard leaseCounts.held(by: holder.client.userID) < limit else {
            throw .limitReached(limit: "leases_per_user", value: limit)
        }
    }

    func grant(
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
