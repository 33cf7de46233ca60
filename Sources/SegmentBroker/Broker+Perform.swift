import SegmentModel
import SegmentRecords
import SystemPackage
import SystemVSharedMemory

/// Performs the actions of a lifecycle and returns their answers.
extension Broker {
    /// Performs an action; returns the answer of the kernel or the records, nil if it has none.
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
            if let live = segment.live, let problem = obstacle(to: traits, inPlaceOf: live) {
                return .refused(problem)
            }
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
        statusesTogether?[identifier] = nil
        switch queryStatus(of: identifier) {
        case .success(let status):
            // A record may be corrupt and name another name's segment.
            if let name = namesOfSegments[identifier], name != segment.name { return .nothing }
            return observed(identifier, status, segment)
        case .failure(.invalidArgument), .failure(.identifierRemoved): return .nothing
        case .failure(let errno): return .refused(refusal("shmctl", errno, size(of: segment)))
        }
    }

    /// Looks up a key; a key or a segment that belongs to another name is never this name's.
    private func observation(under key: SegmentKey, _ segment: BrokeredSegment) -> SegmentLifecycle.Answer {
        do throws(Errno) {
            let found = try find(key)
            let holders = [reservations.holders[key], found.flatMap { namesOfSegments[$0.identifier] }]
            if let holder = holders.lazy.compactMap(\.self).first(where: { $0 != segment.name }) {
                // A record written before shmget(2) knows only the key.
                if case .recorded = segment.lifecycle.memory { return .nothing }
                return .refused(.keyCollision(key, segment.definition?.key ?? .value(key), holder: holder))
            }
            guard let found else { return .nothing }
            return observed(found.identifier, found.status, segment)
        } catch {
            return .refused(refusal("shmget", error, size(of: segment)))
        }
    }

    private func observed(
        _ identifier: SegmentIdentifier,
        _ status: SegmentStatus,
        _ segment: BrokeredSegment
    ) -> SegmentLifecycle.Answer {
        if segment.live.map({ $0.identity.identifier == identifier }) ?? true {
            segment.observed = FoundSegment(identifier: identifier, status: status)
        }
        let creator = status.creatorProcessID
        // The problem text says whether the creator of a foreign segment is still running.
        let isForeign =
            segment.live?.identity.identifier != identifier && status.creatorUserID != self.identity.userID
        let isGone = isForeign && creator > 0 && kernel.isGone(process: creator)
        return .observed(SegmentLifecycle.Observation(identifier, status, creatorIsGone: isGone))
    }

    private func create(_ traits: SegmentLifecycle.Traits) -> SegmentLifecycle.Answer {
        do throws(Errno) {
            let identifier = try kernel.get(
                traits.key,
                size: traits.size,
                flags: .exclusiveCreation,
                mode: .ownerReadWrite
            )
            return .created(identifier)
        } catch .fileExists {
            return .keyTaken
        } catch {
            return .refused(refusal("shmget", error, ByteCount(bytes: traits.size)))
        }
    }

    /// Attaches without touching a page, so it costs no memory.
    private func attach(
        _ identifier: SegmentIdentifier,
        _ segment: BrokeredSegment
    ) -> SegmentLifecycle.Answer {
        do throws(Errno) {
            let address = try kernel.attach(identifier, readOnly: true)
            segment.ownAttach = clock.realtime() / 1_000_000
            // A failure only makes core dumps larger.
            try? kernel.excludeFromCoreDumps(address, size: size(of: segment).bytes)
            return .attached(address)
        } catch {
            if observation(of: identifier, segment) == .nothing { return .nothing }
            let problem = refusal("shmat", error, size(of: segment))
            return .refused(segment.lifecycle.isUnopened ? problem : .unshielded(error, problem))
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
            let isNew = segment.lifecycle.isUnopened
            return .refused(
                isNew
                    ? refusal("shmctl", error, size(of: segment))
                    : .permissionsDiffer(observation.status, reason: error.description)
            )
        }
    }

    private func mark(
        _ identity: SegmentLifecycle.Identity,
        _ segment: BrokeredSegment,
        then answer: () -> SegmentLifecycle.Answer
    ) -> SegmentLifecycle.Answer {
        statusesTogether?[identity.identifier] = nil
        do throws(Errno) {
            return try markForRemoval(identity) ? answer() : .nothing
        } catch {
            return .refused(refusal("shmctl", error, size(of: segment)))
        }
    }

    private func write(
        _ record: SegmentLifecycle.Record,
        _ segment: BrokeredSegment
    ) -> SegmentLifecycle.Answer {
        let created = created(record.segment, of: segment)
        let written = SegmentRecord(segment.name, record, created: created)
        do throws(RecordsError) {
            try records.write(written)
            segment.created = created
            if !staleRecords.isEmpty { staleRecords.remove(segment.name) }
            if !unsureRecords.isEmpty { unsureRecords.remove(segment.name) }
            return .done
        } catch {
            if error.errno == .timedOut {
                unsureRecords.insert(segment.name)
                watch(segment)
            }
            let problem = SegmentProblem.recordsUnwritable(error.description)
            if written.identifier != nil {
                warnOfRecord("Segment \(segment.name) has no complete record: \(problem.message), ignoring")
            }
            return .refused(problem)
        }
    }

    /// Rewrites the record as the lifecycle believes it to be, after a write that timed out.
    func confirmRecord(of segment: BrokeredSegment) {
        guard unsureRecords.contains(segment.name) else { return }
        do throws(RecordsError) {
            if let stored = segment.lifecycle.stored {
                try records.write(SegmentRecord(segment.name, stored, created: segment.created))
            } else {
                try records.remove(segment.name)
            }
            unsureRecords.remove(segment.name)
        } catch {
            watch(segment)
        }
    }

    /// Always reports success: a later check retries if the disk refuses, and a start trusts the kernel
    /// anyway.
    private func eraseRecord(_ segment: BrokeredSegment) -> SegmentLifecycle.Answer {
        segment.created = nil
        erase(segment.name)
        return .done
    }

    func refusal(_ call: String, _ errno: Errno, _ size: ByteCount) -> SegmentProblem {
        KernelRefusal.problem(
            call: call,
            errno: errno,
            size: size,
            limits: try? kernel.limits(),
            memory: errno == .noMemory ? kernel.memoryLimits() : nil,
            addressSpace: errno == .noMemory ? kernel.addressSpaceLimit() : nil
        )
    }

    /// Returns the creation time for a record: the recorded one, now for a segment about to be created, nil
    /// for one found.
    private func created(
        _ new: SegmentLifecycle.RecordedSegment?,
        of segment: BrokeredSegment
    ) -> Int64? {
        guard case .created(let identity) = new else { return new == nil ? nil : clock.realtime() }
        guard let stored = segment.lifecycle.stored?.segment,
            stored.traits.key == identity.traits.key, stored.traits.size == identity.traits.size
        else { return nil }
        if case .created(let recorded) = stored, recorded.identifier != identity.identifier { return nil }
        return segment.created
    }

    private func size(of segment: BrokeredSegment) -> ByteCount {
        segment.lifecycle.stored?.segment.map { ByteCount(bytes: $0.traits.size) }
            ?? segment.definition?.size ?? ByteCount(bytes: 0)
    }
}
