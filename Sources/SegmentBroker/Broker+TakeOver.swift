import SegmentModel
import SegmentRecords
import SystemPackage
import SystemVSharedMemory

extension Broker {
    /// Takes up the segment that a record means, and says whether there is one; a record that means none is dropped.
    func recall(_ segment: BrokeredSegment) throws(SegmentProblem) -> Bool {
        guard let record = segment.record else { return false }
        guard let traits = record.segment?.traits else {
            dropRecord(segment)
            return false
        }
        let found: FoundSegment?
        do throws(Errno) { found = try find(record) } catch {
            // Nobody else gets its key before the kernel has answered.
            if placement.holders[traits.key] == nil {
                placement.hold(traits.key, for: segment.name)
                segment.key = traits.key
            }
            throw refusal("shmctl", error, ByteCount(bytes: traits.size))
        }
        if let key = segment.key { placement.release(key, of: segment.name) }
        segment.key = nil
        guard let found, !isHeld(found) else {
            if found == nil, record.identifier != nil { tell(.goneBeforeStart, of: segment) }
            dropRecord(segment)
            return false
        }
        if found.status.isMarkedForRemoval {
            segment.life = .removing(
                DoomedSegment(identifier: found.identifier, size: found.status.size, byOther: true)
            )
            tell(.silent(.removing), of: segment)
        } else {
            placement.hold(traits.key, for: segment.name)
            segment.key = traits.key
            takeOver(segment, found)
        }
        return true
    }

    /// Whether a segment already has a name: a record of a crash between record and shmget(2) knows a key only, and
    /// any may be spoilt.
    private func isHeld(_ found: FoundSegment) -> Bool {
        // It has lost its key.
        if found.status.isMarkedForRemoval {
            return segments.values.contains { $0.life.identifier == found.identifier }
        }
        guard let holder = placement.holders[found.status.key] else { return false }
        return segments[holder.string]?.life.segment?.identifier == found.identifier
    }

    /// Takes over a segment that is ours: sets its permissions right, shields it, notes what differs.
    func takeOver(_ segment: BrokeredSegment, _ found: FoundSegment) {
        let status = found.status
        segment.life = .live(
            LiveSegment(identifier: found.identifier, key: status.key, size: status.size)
        )
        repairPermissions(segment, status)
        shield(segment)
        guard var live = segment.life.segment else { return }
        live.differences = differences(segment, live)
        segment.life.segment = live
        remember(live, segment)
        tell(.takenOver, of: segment)
    }

    /// Completes the record of a segment in the kernel, where it says less than is known.
    func remember(_ live: LiveSegment, _ segment: BrokeredSegment) {
        let record = SegmentRecord(
            name: segment.name,
            key: live.key,
            size: live.size,
            creatorUserID: identity.userID,
            identifier: live.identifier,
            created: segment.record?.segment?.created
        )
        guard record != segment.record else { return }
        do throws(SegmentProblem) { try write(record, for: segment) } catch {
            warnOfRecord("Segment \(segment.name) has no whole record: \(error.message), ignoring")
        }
    }

    /// Attaches a segment where it is not: without touching a page, so that it costs no memory.
    func shield(_ segment: BrokeredSegment) {
        guard var live = segment.life.segment, live.keeper == nil else { return }
        let before = live.unshielded
        do throws(Errno) {
            let address = try kernel.attach(live.identifier, readOnly: true)
            live.keeper = address
            live.unshielded = nil
            // Only the size of core dumps depends on it.
            try? kernel.excludeFromCoreDumps(address, size: live.size)
        } catch {
            live.unshielded = .unshielded(error, refusal("shmat", error, ByteCount(bytes: live.size)))
        }
        segment.life.segment = live
        guard live.unshielded != before else { return }
        tell(live.unshielded.map(SegmentChange.unshielded) ?? .silent(.changed), of: segment)
    }

    func differences(_ segment: BrokeredSegment, _ live: LiveSegment) -> [SegmentProblem] {
        guard let definition = segment.definition else { return [] }
        let computed: SegmentKey?
        do throws(SegmentProblem) { computed = try resolver.key(of: definition) } catch { computed = nil }
        return Drift.lasting(definition, size: live.size, key: live.key, computed: computed)
    }

    func write(_ record: SegmentRecord, for segment: BrokeredSegment) throws(SegmentProblem) {
        do throws(RecordsError) {
            try records.write(record)
            segment.record = record
            staleRecords.remove(segment.name)
        } catch {
            throw .recordsUnwritable(error.description)
        }
    }
}
