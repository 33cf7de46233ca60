package import SegmentModel
import SystemPackage
import SystemVSharedMemory

extension Broker {
    /// Removes a segment as an administrator asks for it.
    package func remove(_ name: String, when: RemoveWhen, viewer: Viewer) throws(BrokerError) {
        guard let segment = segments[name] else { throw .noSuchSegment(name: name) }
        refresh(segment)
        switch segment.life {
        case .absent, .blocked:
            return
        case .removing(let doomed):
            if when == .now { abandon(segment, doomed) }
        case .live(let live), .draining(let live):
            if segment.leases.isEmpty || when == .now, removeUnattached(segment, live, isOrdered: true) {
                return
            }
            switch when {
            case .unused: throw inUse(segment, live, viewer)
            case .idle: drain(segment)
            case .now: markAttached(segment, live)
            }
        }
    }

    private func inUse(_ segment: BrokeredSegment, _ live: LiveSegment, _ viewer: Viewer) -> BrokerError {
        .segmentInUse(
            name: segment.name,
            attachments: status(live.identifier).map(live.attachments) ?? 0,
            leases: leases(of: segment, shownTo: viewer).shown
        )
    }

    /// Lets a segment go as soon as nobody uses it.
    func drain(_ segment: BrokeredSegment) {
        guard case .live(let live) = segment.life else { return }
        segment.life = .draining(live)
        removalDue[segment.name] = nil
        retireIfUnused(segment)
        guard case .draining = segment.life else { return }
        tell(.draining, of: segment)
    }

    /// Removes a segment that is to go when unused, if it is; a while-used one after its linger.
    func retireIfUnused(_ segment: BrokeredSegment) {
        guard ending == nil, segment.leases.isEmpty, let live = segment.life.segment else { return }
        if case .draining = segment.life {
            removeUnattached(segment, live)
        } else if case .whileUsed(let linger) = segment.definition?.keep {
            guard let status = status(live.identifier), live.attachments(status) == 0 else {
                removalDue[segment.name] = nil
                return
            }
            if linger == .zero {
                removeUnattached(segment, live)
            } else if removalDue[segment.name] == nil {
                removalDue[segment.name] = clock.monotonic() + linger
            }
        }
    }

    /// Removes the while-used segments whose linger has passed, for 5 ms; the others stay due.
    package func expire() {
        let now = clock.monotonic()
        let end = now + .milliseconds(5)
        for (name, due) in removalDue.sorted(by: { $0.key < $1.key }) where due <= now {
            if clock.monotonic() > end { return }
            removalDue[name] = nil
            guard let segment = segments[name.string], segment.leases.isEmpty,
                case .live(let live) = segment.life,
                case .whileUsed(let linger) = segment.definition?.keep
            else { continue }
            // Where the kernel does not say, the next check asks again.
            guard let status = status(live.identifier) else { continue }
            let rest = Linger.rest(linger, status, at: clock.realtime())
            if rest > .zero {
                removalDue[name] = now + rest
            } else {
                removeUnattached(segment, live)
            }
        }
    }

    /// Takes the group and other bits away and counts the clients' attachments again; nil if the kernel does not say.
    func shut(_ live: LiveSegment) -> Int? {
        statusesTogether?[live.identifier] = nil
        try? kernel.setOwner(
            live.identifier,
            userID: identity.userID,
            groupID: identity.groupID,
            mode: FilePermissions(rawValue: 0o600)
        )
        return status(live.identifier).map(live.attachments)
    }

    /// Removes a segment that no client has attached; if somebody slipped in, everything is as before.
    ///
    /// The keeper is still attached when the segment is marked, so that its pages are freed by the keeper's detach,
    /// elsewhere.
    @discardableResult
    func removeUnattached(
        _ segment: BrokeredSegment,
        _ live: LiveSegment,
        isOrdered: Bool = false
    ) -> Bool {
        guard let before = status(live.identifier), live.attachments(before) == 0 else { return false }
        guard shut(live) == 0 else {
            try? kernel.setOwner(
                live.identifier,
                userID: before.ownerUserID,
                groupID: before.ownerGroupID,
                mode: before.mode
            )
            return false
        }
        guard destroy(segment, live) else { return false }
        if let keeper = live.keeper { detachElsewhere(keeper) }
        segment.life = .absent
        tell(.removed(isOrdered: isOrdered), of: segment)
        if segment.definition == nil { forget(segment) }
        return true
    }

    /// Marks a segment that clients have attached: it is theirs until their last detach.
    private func markAttached(_ segment: BrokeredSegment, _ live: LiveSegment) {
        guard destroy(segment, live) else { return }
        letGo(live)
        segment.life = .removing(DoomedSegment(identifier: live.identifier, size: live.size, byOther: false))
        tell(.marked, of: segment)
        refresh(segment)
    }

    private func destroy(_ segment: BrokeredSegment, _ live: LiveSegment) -> Bool {
        do throws(Errno) {
            // What is not there any more is noticed by the next look.
            guard try mark(ownIdentity(live.identifier, live.key, size: live.size)) else { return false }
        } catch {
            tell(.irremovable(error.description), of: segment)
            return false
        }
        removalDue[segment.name] = nil
        dropRecord(segment)
        return true
    }

    /// Marks a segment for removal, so that it goes with its last detach; false if there is none any more.
    ///
    /// The kernel uses identifiers again, so nothing is marked before key, creator and size are compared.
    func mark(_ identity: SegmentLifecycle.Identity) throws(Errno) -> Bool {
        let status: SegmentStatus
        switch ask(identity.identifier) {
        case .success(let found): status = found
        case .failure(.invalidArgument), .failure(.identifierRemoved): return false
        case .failure(let errno): throw errno
        }
        guard identity.fits(SegmentLifecycle.Observation(identity.identifier, status)) else { return false }
        try kernel.remove(identity.identifier)
        return true
    }

    /// Of a segment that the broker's user has created.
    func ownIdentity(
        _ identifier: SegmentIdentifier,
        _ key: SegmentKey,
        size: UInt64
    ) -> SegmentLifecycle.Identity {
        let traits = SegmentLifecycle.Traits(
            key: key,
            size: size,
            creatorUserID: identity.userID,
            creatorProcessID: nil
        )
        return SegmentLifecycle.Identity(identifier: identifier, traits: traits)
    }

    /// Detaches the keeper of a segment that clients have attached: that frees nothing, so it is done here and now,
    /// and the kernel's count is the clients' at once.
    func letGo(_ live: LiveSegment) {
        if let keeper = live.keeper { try? kernel.detach(keeper) }
    }

    /// Stops waiting for the last detach of a marked segment: the name gets a new segment beside the old one.
    private func abandon(_ segment: BrokeredSegment, _ doomed: DoomedSegment) {
        dropRecord(segment)
        segment.life = .absent
        guard segment.definition != nil else {
            tell(.silent(.removed), of: segment)
            return forget(segment)
        }
        tell(.twoAlive(doomed.identifier), of: segment)
        provision(segment, onDemand: true, inPlaceOfOther: true)
    }

    /// Ends the broker's work.
    ///
    /// A stop removes what is kept until the stop, and what is kept while used and is not; a restart keeps
    /// everything. After either nothing goes with the leases of the connections that are then closed, and after a
    /// stop nothing is made any more.
    package func stop(isRestart: Bool) {
        ending = isRestart ? .restart : .stop
        guard !isRestart else { return }
        for segment in sorted {
            guard let live = segment.life.segment else { continue }
            switch segment.definition?.keep {
            case .untilStop: if !removeUnattached(segment, live) { markAttached(segment, live) }
            case .whileUsed: if segment.leases.isEmpty { removeUnattached(segment, live) }
            case .untilReboot, nil: break
            }
        }
    }
}
