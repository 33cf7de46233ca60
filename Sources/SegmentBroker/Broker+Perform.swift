import SegmentModel
import SegmentRecords
import SystemPackage
import SystemVSharedMemory

/// Performs what a lifecycle wants, and gives it the answers.
extension Broker {
    /// Sends events to a lifecycle, one after the other, each until nothing is left to do; returns what is to be told.
    @discardableResult
    func send(
        _ events: [SegmentLifecycle.Event],
        to lifecycle: inout SegmentLifecycle,
        of segment: BrokeredSegment
    ) -> [SegmentLifecycle.Note] {
        var notes: [SegmentLifecycle.Note] = []
        for event in events {
            var next: SegmentLifecycle.Event? = event
            while let event = next {
                next = nil
                for action in lifecycle.receive(event) {
                    if case .tell(let note) = action { notes.append(note) }
                    if let answer = perform(action, of: segment) { next = .answered(action, answer) }
                }
            }
        }
        return notes
    }

    /// The answer of kernel or records; nil for an action that is not answered.
    func perform(
        _ action: SegmentLifecycle.Action,
        of segment: BrokeredSegment
    ) -> SegmentLifecycle.Answer? {
        switch action {
        case .ask(let identifier): return observation(of: identifier, segment)
        case .find(let key): return observation(under: key, segment)
        case .create(let traits): return create(traits)
        case .attach(let identifier): return attach(identifier, segment)
        case .setPermissions(let identifier, let permissions):
            return setPermissions(identifier, permissions, segment)
        case .mark(let identity): return mark(identity, segment) { .done }
        case .replace(let identity, let traits):
            return mark(identity, segment) {
                if case .created(let identifier) = create(traits) { .created(identifier) } else { .done }
            }
        case .writeRecord(let record): return write(record, segment)
        case .eraseRecord: return eraseRecord(segment)
        case .detach(let address, let isLast):
            if isLast { detachElsewhere(address) } else { try? kernel.detach(address) }
            return nil
        case .arm(let linger):
            removalDue[segment.name] = clock.monotonic() + linger
            return nil
        case .disarm:
            removalDue[segment.name] = nil
            return nil
        case .tell: return nil
        }
    }

    private func observation(
        of identifier: SegmentIdentifier,
        _ segment: BrokeredSegment
    ) -> SegmentLifecycle.Answer {
        switch ask(identifier) {
        case .success(let status): .observed(SegmentLifecycle.Observation(identifier, status))
        case .failure(.invalidArgument), .failure(.identifierRemoved): .nothing
        case .failure(let errno): .refused(refusal("shmctl", errno, size(of: segment)))
        }
    }

    private func observation(under key: SegmentKey, _ segment: BrokeredSegment) -> SegmentLifecycle.Answer {
        do throws(Errno) {
            guard let found = try find(key) else { return .nothing }
            return .observed(SegmentLifecycle.Observation(found.identifier, found.status))
        } catch {
            return .refused(refusal("shmget", error, size(of: segment)))
        }
    }

    private func create(_ traits: SegmentLifecycle.Traits) -> SegmentLifecycle.Answer {
        do throws(Errno) {
            let mode: FilePermissions = [.ownerReadWrite]
            return .created(
                try kernel.get(traits.key, size: traits.size, flags: [.create, .exclusive], mode: mode)
            )
        } catch .fileExists {
            return .keyTaken
        } catch {
            return .refused(refusal("shmget", error, ByteCount(bytes: traits.size)))
        }
    }

    /// Without touching a page, so that it costs no memory.
    private func attach(
        _ identifier: SegmentIdentifier,
        _ segment: BrokeredSegment
    ) -> SegmentLifecycle.Answer {
        do throws(Errno) {
            let address = try kernel.attach(identifier, readOnly: true)
            // Only the size of core dumps depends on it.
            try? kernel.excludeFromCoreDumps(address, size: size(of: segment).bytes)
            return .attached(address)
        } catch {
            if observation(of: identifier, segment) == .nothing { return .nothing }
            return .refused(.unshielded(error, refusal("shmat", error, size(of: segment))))
        }
    }

    private func setPermissions(
        _ identifier: SegmentIdentifier,
        _ permissions: SegmentLifecycle.Permissions,
        _ segment: BrokeredSegment
    ) -> SegmentLifecycle.Answer {
        statusesTogether?[identifier] = nil
        do throws(Errno) {
            try kernel.setOwner(
                identifier,
                userID: permissions.userID,
                groupID: permissions.groupID,
                mode: permissions.mode
            )
            return observation(of: identifier, segment)
        } catch {
            let answer = observation(of: identifier, segment)
            guard case .observed(let observation) = answer else { return answer }
            return .refused(.permissionsDiffer(observation.status, reason: error.description))
        }
    }

    private func mark(
        _ identity: SegmentLifecycle.Identity,
        _ segment: BrokeredSegment,
        then answer: () -> SegmentLifecycle.Answer
    ) -> SegmentLifecycle.Answer {
        statusesTogether?[identity.identifier] = nil
        do throws(Errno) {
            return try mark(identity) ? answer() : .nothing
        } catch {
            return .refused(refusal("shmctl", error, size(of: segment)))
        }
    }

    private func write(
        _ record: SegmentLifecycle.Record,
        _ segment: BrokeredSegment
    ) -> SegmentLifecycle.Answer {
        do throws(SegmentProblem) {
            let created = created(record.segment, segment.record?.segment)
            try write(SegmentRecord(segment.name, record, created: created), for: segment)
            return .done
        } catch {
            return .refused(error)
        }
    }

    private func eraseRecord(_ segment: BrokeredSegment) -> SegmentLifecycle.Answer {
        do throws(RecordsError) {
            try records.remove(segment.name)
            segment.record = nil
            return .done
        } catch {
            return .refused(.recordsUnwritable(error.description))
        }
    }

    /// When a segment was created: as recorded before, now for one about to be, nil for one that was found.
    private func created(
        _ new: SegmentLifecycle.RecordedSegment?,
        _ recorded: SegmentRecord.Segment?
    ) -> Int64? {
        switch new {
        case .planned: return clock.realtime()
        case .created(let identity):
            let isSame =
                recorded?.traits.key == identity.traits.key && recorded?.traits.size == identity.traits.size
                && (recorded?.identifier ?? identity.identifier) == identity.identifier
            return isSame ? recorded?.created : nil
        case nil: return nil
        }
    }

    private func size(of segment: BrokeredSegment) -> ByteCount {
        segment.record?.segment.map { ByteCount(bytes: $0.traits.size) } ?? segment.definition?.size
            ?? ByteCount(bytes: 0)
    }
}
