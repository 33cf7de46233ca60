import SegmentModel
import SegmentRecords
import SystemPackage
import SystemVSharedMemory

extension Broker {
    /// Makes a segment: a record of its key, the segment, a whole record.
    func make(
        _ segment: BrokeredSegment,
        _ definition: SegmentDefinition,
        _ key: SegmentKey,
        inPlaceOfOther: Bool
    ) throws(SegmentProblem) {
        let record = SegmentRecord(
            name: segment.name,
            key: key,
            size: definition.size.bytes,
            creatorUserID: identity.userID,
            created: clock.realtime()
        )
        try write(record, for: segment)
        do throws(SegmentProblem) {
            let live = try createInKernel(definition, key)
            segment.life = .live(live)
            remember(live, segment)
        } catch {
            // What could not be taken back, or may not have been, is found again by its record.
            if !isLeft(record, under: key) { dropRecord(segment) }
            throw error
        }
        tell(inPlaceOfOther ? .replaced(definition.size) : .created(definition.size), of: segment)
    }

    private func isLeft(_ record: SegmentRecord, under key: SegmentKey) -> Bool {
        do throws(Errno) { return try find(record)?.status.key == key } catch { return true }
    }

    /// Makes a segment that nobody else can attach before its group and mode are set.
    private func createInKernel(
        _ definition: SegmentDefinition,
        _ key: SegmentKey
    ) throws(SegmentProblem) -> LiveSegment {
        let group = try resolver.number(ofGroup: definition.group)
        var call = "shmget"
        var created: SegmentIdentifier?
        var keeper: AttachmentAddress?
        do throws(Errno) {
            let identifier = try kernel.get(
                key,
                size: definition.size.bytes,
                flags: [.create, .exclusive],
                mode: FilePermissions(rawValue: 0o600)
            )
            created = identifier
            call = "shmat"
            let address = try kernel.attach(identifier, readOnly: true)
            keeper = address
            call = "madvise"
            try kernel.excludeFromCoreDumps(address, size: definition.size.bytes)
            call = "shmctl"
            try kernel.setOwner(identifier, userID: identity.userID, groupID: group, mode: definition.mode)
            return LiveSegment(
                identifier: identifier,
                key: key,
                size: definition.size.bytes,
                keeper: address,
                differences: []
            )
        } catch {
            if let keeper { try? kernel.detach(keeper) }
            if let created { _ = try? mark(ownIdentity(created, key, size: definition.size.bytes)) }
            if error == .fileExists, let other = try? find(key) {
                throw .squatted(key, other.identifier, other.status, ownUserID: identity.userID)
            }
            throw refusal(call, error, definition.size)
        }
    }
}
