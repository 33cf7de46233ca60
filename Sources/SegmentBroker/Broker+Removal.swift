package import SegmentModel
import SystemPackage
import SystemVSharedMemory

extension Broker {
    /// Removes a segment as an administrator asks for it.
    package func remove(_ name: String, when: RemovalPolicy, viewer: Viewer) throws(BrokerError) {
        guard let segment = segments[name] else { throw .noSuchSegment(name: name) }
        defer { offerFreedKeys() }
        refresh(segment)
        guard segment.live != nil else {
            // The last order replaces an earlier one.
            if segment.lifecycle.request != nil { try ask(SegmentLifecycle.Request(.remove), of: segment) }
            return
        }
        switch when {
        case .whenIdle: try ask(SegmentLifecycle.Request(.remove), of: segment)
        case .immediately: try ask(SegmentLifecycle.Request(.remove, isNow: true), of: segment)
        case .ifUnused:
            let before = segment.lifecycle.request
            if segment.isUnused { try ask(SegmentLifecycle.Request(.remove), of: segment) }
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

    /// Passes on what an administrator asks for; throws that it would be forgotten by a crash.
    func ask(_ request: SegmentLifecycle.Request, of segment: BrokeredSegment) throws(BrokerError) {
        let notes = send(.asked(request), to: segment, isOrdered: true)
        for case .requestNotRecorded(let problem?) in notes {
            throw .segmentBlocked(name: segment.name, problem: problem)
        }
    }

    /// Removes the while-used segments whose linger has passed, and looks at those that somebody has interfered with,
    /// for 5 ms; the others stay due.
    package func expire() {
        guard !removalDue.isEmpty || !watches.isEmpty else { return }
        let now = clock.monotonic()
        let end = now + .milliseconds(5)
        defer { offerFreedKeys() }
        for (name, watch) in watches.sorted(by: { $0.key < $1.key }) where watch.next <= now {
            if clock.monotonic() > end { return }
            watches[name] = watch.end <= now ? nil : Watch(next: now + Watch.period, end: watch.end)
            if ending == nil, let segment = segments[name.string] { lookAgain(at: segment) }
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
        // Somebody may use it by now.
        guard removalDue[segment.name] != nil else { return }
        removalDue[segment.name] = nil
        // Where the kernel does not say, the next check asks again.
        guard segment.live?.isFresh == true, let status = status(of: segment),
            case .whileUsed(let linger) = segment.definition?.keep
        else { return }
        let rest = Linger.rest(linger, status, at: clock.realtime())
        if rest > .zero { removalDue[segment.name] = now + rest } else { send(.lingerOver, to: segment) }
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

    /// Ends the broker's work.
    ///
    /// A stop removes what is kept until the stop, and what is kept while used and is not; a restart keeps
    /// everything. After either nothing goes with the leases of the connections that are then closed, and after a
    /// stop nothing is made any more.
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
    /// Clients' attachments, as far as an Int holds them together with the broker's own.
    var shownAttachments: Int {
        Int(clamping: min(clientAttachments, UInt64(Int.max - (address == nil ? 0 : 1))))
    }
}
