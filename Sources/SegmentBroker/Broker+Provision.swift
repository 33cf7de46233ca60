import Logging
import SegmentModel
import SegmentRecords
import SystemPackage
import SystemVSharedMemory

extension Broker {
    /// Brings a declared segment that is absent or blocked into the kernel: finds what is ours, or makes it.
    ///
    /// A while-used one is made only `onDemand`. What stands in the way blocks the segment and is said once.
    func provision(_ segment: BrokeredSegment, onDemand: Bool = false, as event: SegmentEvent.Kind = .created)
    {
        guard let definition = segment.definition else { return }
        do throws(SegmentProblem) {
            _ = try wantedGroup(definition)
            let key = try place(segment, definition)
            if let identifier = find(key), let status = try? kernel.statusOfAny(identifier) {
                guard identity.ownership.isOurs(identifier, status, record: segment.record) else {
                    throw .squatted(key, identifier, status)
                }
                takeOver(segment, identifier, status)
            } else if onDemand || !segment.isWhileUsed {
                try make(segment, definition, key, event)
            } else {
                segment.life = .absent
            }
        } catch {
            block(segment, error)
        }
    }

    func block(_ segment: BrokeredSegment, _ problem: SegmentProblem) {
        if case .blocked(let known) = segment.life, known == problem { return }
        segment.life = .blocked(problem)
        report(.error, .blocked, "Segment \(segment.name) is blocked: \(problem.message)", segment)
        publish(.changed, segment)
    }

    /// The identifier under a key; everybody may ask for no permission at all.
    func find(_ key: SegmentKey) -> SegmentIdentifier? {
        try? kernel.get(key, size: 0, flags: [], mode: [])
    }

    /// The group that a declaration names, as a number.
    func wantedGroup(_ definition: SegmentDefinition) throws(SegmentProblem) -> UInt32 {
        guard let group = definition.group else { return identity.groupID }
        switch groups[group] {
        case .found(let number): return number
        case .unknown: throw .groupUnknown(group, failure: nil)
        case .failed(let errno): throw .groupUnknown(group, failure: errno)
        }
    }

    /// The key that a declaration stands for now.
    func computedKey(_ definition: SegmentDefinition) throws(SegmentProblem) -> SegmentKey {
        let path: FilePath
        let project: UInt8
        switch definition.key {
        case .value(let key): return key
        case .ownFile: (path, project) = (definition.file, KeyDeclaration.defaultProject)
        case .path(let declared, let number): (path, project) = (declared, number)
        }
        let result: Result<SegmentKey, Errno>
        do throws(Errno) {
            result = .success(try kernel.key(ofFile: path, project: project))
        } catch {
            result = .failure(error)
        }
        if identity.isService, definition.key.isHiddenFromService {
            throw KeyPathRule.hiddenProblem(path, key: try? result.get())
        }
        switch result {
        case .success(let key): return key
        case .failure(let errno): throw KeyPathRule.problem(path, errno: errno)
        }
    }

    private func place(
        _ segment: BrokeredSegment,
        _ definition: SegmentDefinition
    ) throws(SegmentProblem) -> SegmentKey {
        let computed = try computedKey(definition)
        let before = segment.key
        if let before { placement.release(before, of: segment.name) }
        segment.key = nil
        let key = try placement.place(segment.name, definition.key, computed: computed)
        segment.key = key
        if key != computed, key != before {
            report(
                .notice,
                .keyMoved,
                "Segment \(segment.name) gets key \(key): project \(computed.project) of its file is taken",
                segment
            )
        }
        return key
    }

    private func make(
        _ segment: BrokeredSegment,
        _ definition: SegmentDefinition,
        _ key: SegmentKey,
        _ event: SegmentEvent.Kind
    ) throws(SegmentProblem) {
        var record = SegmentRecord(
            name: segment.name,
            key: key,
            size: definition.size.bytes,
            creatorUserID: identity.userID,
            created: clock.realtime()
        )
        try write(record, for: segment)
        do throws(SegmentProblem) {
            let live = try createInKernel(definition, key)
            record.identifier = live.identifier
            segment.life = .live(live)
        } catch {
            dropRecord(segment)
            throw error
        }
        // Without an identifier the record still finds the segment by its key.
        do throws(SegmentProblem) { try write(record, for: segment) } catch {
            logger.warning("Segment \(segment.name) has an incomplete record: \(error.message), ignoring")
        }
        report(
            .notice,
            event == .replaced ? .replaced : .created,
            "Segment \(segment.name) \(event == .replaced ? "made again" : "created"), \(definition.size)",
            segment
        )
        publish(event, segment)
    }

    private func write(_ record: SegmentRecord, for segment: BrokeredSegment) throws(SegmentProblem) {
        do throws(RecordsError) {
            try records.write(record)
            segment.record = record
        } catch {
            throw .recordsUnwritable(error.description)
        }
    }

    /// Makes a segment that nobody else can attach before its group and mode are set.
    private func createInKernel(
        _ definition: SegmentDefinition,
        _ key: SegmentKey
    ) throws(SegmentProblem) -> LiveSegment {
        let group = try wantedGroup(definition)
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
            if let created { try? kernel.remove(created) }
            if error == .fileExists, let other = find(key), let status = try? kernel.statusOfAny(other) {
                throw .squatted(key, other, status)
            }
            throw KernelRefusal.problem(
                call: call,
                errno: error,
                size: definition.size,
                limits: try? kernel.limits()
            )
        }
    }

    /// Takes over a segment that is ours: shields it, notes what differs, and sets its permissions right.
    func takeOver(_ segment: BrokeredSegment, _ identifier: SegmentIdentifier, _ status: SegmentStatus) {
        var live = LiveSegment(identifier: identifier, key: status.key, size: status.size)
        live.differences = differences(segment, live)
        segment.life = .live(live)
        let record = SegmentRecord(
            name: segment.name,
            key: status.key,
            size: status.size,
            creatorUserID: status.creatorUserID,
            identifier: identifier,
            created: segment.record?.created
        )
        if record != segment.record {
            do throws(SegmentProblem) { try write(record, for: segment) } catch {
                logger.warning("Segment \(segment.name) has no record: \(error.message), ignoring")
            }
        }
        report(.info, .adopted, "Segment \(segment.name) taken over", segment)
        // A mode that somebody else has set may keep even its creator from attaching it.
        repairPermissions(segment, status)
        shield(segment)
        publish(.changed, segment)
    }

    /// Attaches a live segment where it is not: without touching a page, so that it costs no memory.
    func shield(_ segment: BrokeredSegment) {
        guard case .live(var live) = segment.life, live.keeper == nil else { return }
        let before = live.unshielded
        do throws(Errno) {
            let address = try kernel.attach(live.identifier, readOnly: true)
            live.keeper = address
            live.unshielded = nil
            // Only the size of core dumps depends on it.
            try? kernel.excludeFromCoreDumps(address, size: live.size)
        } catch {
            live.unshielded = .unshielded(error)
        }
        segment.life = .live(live)
        guard live.unshielded != before else { return }
        if let problem = live.unshielded {
            report(.warning, .drifted, "Segment \(segment.name): \(problem.message)", segment)
        }
        publish(.changed, segment)
    }

    func differences(_ segment: BrokeredSegment, _ live: LiveSegment) -> [SegmentProblem] {
        guard let definition = segment.definition else { return [] }
        let computed: SegmentKey?
        do throws(SegmentProblem) { computed = try computedKey(definition) } catch { computed = nil }
        return Drift.lasting(definition, size: live.size, key: live.key, computed: computed)
    }
}
