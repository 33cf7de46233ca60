package import SegmentModel
import SystemPackage
import SystemVSharedMemory

extension Broker {
    /// Removes a segment at an administrator's request.
    package func remove(_ name: String, when: RemovalPolicy, viewer: Viewer) throws(BrokerError) {
        guard let segment = segments[name] else { throw .noSuchSegment(name: name) }
        defer { offerFreedKeys() }
        refresh(segment)
        guard segment.live != nil else {
            // The latest request replaces an earlier one.
            if segment.lifecycle.request != nil {
                try request(SegmentLifecycle.Request(.remove), of: segment)
            }
            return
        }
        switch when {
        case .whenIdle: try request(SegmentLifecycle.Request(.remove), of: segment)
        case .immediately: try request(SegmentLifecycle.Request(.remove, isNow: true), of: segment)
        case .ifUnused:
            let before = segment.lifecycle.request
            if segment.isUnused { try request(SegmentLifecycle.Request(.remove), of: segment) }
            guard segment.live != nil else { return }
            send(.asked(before), to: segment)
            throw inUse(segment, viewer)
        }
    }

    func inUse(_ segment: BrokeredSegment, _ viewer: Viewer) -> BrokerError {
        .segmentInUse(
            name: segment.name,
            attachments: segment.live?.shownAttachments ?? 0,
            leases: leases(of: segment, shownTo: viewer).shown
        )
    }

    /// Passes on an administrator's request; throws if it could not be recorded, since a crash would forget
    /// it.
    func request(_ request: SegmentLifecycle.Request, of segment: BrokeredSegment) throws(BrokerError) {
        let notes = send(.asked(request), to: segment, isOrdered: true)
        for case .requestNotRecorded(let problem?) in notes {
            throw .segmentBlocked(name: segment.name, problem: problem)
        }
    }

    /// Removes `while-used` segments whose linger is over and checks watched segments, for at most 5 ms; the
    /// rest stay due.
    package func expire() {
        guard !removalDue.isEmpty || !watches.isEmpty else { return }
        let now = clock.monotonic()
        let end = now + .milliseconds(5)
        defer { offerFreedKeys() }
        for (name, watch) in watches.sorted(by: { $0.key < $1.key }) where watch.next <= now {
            if clock.monotonic() > end { return }
            watches[name] = watch.end <= now ? nil : Watch(next: now + Watch.period, end: watch.end)
            if ending == nil, let segment = segments[name.string] { recheck(segment) }
        }
        for (name, due) in removalDue.sorted(by: { $0.key < $1.key }) where due <= now {
            if clock.monotonic() > end { return }
            if let segment = segments[name.string] {
                expire(segment, at: now)
            } else {
                removalDue[name] = nil
            }
        }
    }

    private func expire(_ segment: BrokeredSegment, at now: Duration) {
        send(.look, to: segment)
        // It may be in use again.
        guard removalDue[segment.name] != nil else { return }
        removalDue[segment.name] = nil
        // If the kernel does not say, the next check tries again.
        guard segment.live?.isFresh == true, let status = status(of: segment),
            case .whileUsed(let linger) = segment.definition?.keep
        else { return }
        let remaining = Linger.remaining(linger, status, at: clock.realtime())
        if remaining > .zero {
            removalDue[segment.name] = now + remaining
        } else {
            send(.lingerOver, to: segment)
        }
    }

    /// Marks a segment for removal, so that the kernel destroys it at its last detach; returns false if it no
    /// longer exists.
    ///
    /// The kernel reuses identifiers, so key, creator and size are compared first.
    func markForRemoval(_ identity: SegmentLifecycle.Identity) throws(Errno) -> Bool {
        let status: SegmentStatus
        switch queryStatus(of: identity.identifier) {
        case .success(let found): status = found
        case .failure(.invalidArgument), .failure(.identifierRemoved): return false
        case .failure(let errno): throw errno
        }
        guard identity.fits(SegmentLifecycle.Observation(identity.identifier, status)) else { return false }
        try kernel.remove(identity.identifier)
        return true
    }

    /// Ends the broker's work.
    ///
    /// A stop removes `until-stop` segments, and `while-used` ones that are unused; a restart keeps
    /// everything. Afterwards, closing connections ends leases without removing anything, and after a stop
    /// nothing is created any more.
    package func stop(isRestart: Bool) {
        ending = isRestart ? .restart : .stop
        let event: SegmentLifecycle.Event = isRestart ? .restarting : .stopping
        for segment in sorted {
            send(event, to: segment)
            segment.isSettled = false
        }
    }
}

extension BrokeredSegment {
    var isUnused: Bool { presentLeases == 0 && live?.clientAttachments == 0 }
}

extension SegmentLifecycle.Live {
    /// The clients' attachments, limited so that their sum with the broker's own fits in an Int.
    var shownAttachments: Int {
        Int(clamping: min(clientAttachments, UInt64(Int.max - (address == nil ? 0 : 1))))
    }
}
