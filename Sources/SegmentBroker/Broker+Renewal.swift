package import SegmentModel
import SystemPackage
import SystemVSharedMemory

extension Broker {
    /// Removes a segment and creates it again in one step, at an administrator's request.
    ///
    /// A missing segment is created, unless it is `while-used`. Everything that can be tested is tested
    /// before the removal, so a refused request has changed nothing.
    package func renew(_ name: String, when: RemovalPolicy, viewer: Viewer) throws(BrokerError) {
        guard let segment = segments[name], segment.definition != nil else {
            throw .noSuchSegment(name: name)
        }
        defer { offerFreedKeys() }
        declareAwaited(segment)
        if let declaration = resolved(segment) { send(.resolved(declaration), .look, to: segment) }
        let before = segment.lifecycle.request
        guard let live = segment.live else { return try make(segment) }
        if let problem = renewalProblem(segment, live) {
            throw .segmentBlocked(name: segment.name, problem: problem)
        }
        switch when {
        case .whenIdle: try request(SegmentLifecycle.Request(.renew), of: segment)
        case .immediately: try request(SegmentLifecycle.Request(.renew, isNow: true), of: segment)
        case .ifUnused:
            if segment.isUnused { try request(SegmentLifecycle.Request(.renew), of: segment) }
            guard segment.live?.identity == live.identity else { break }
            send(.asked(before), to: segment)
            throw inUse(segment, viewer)
        }
        if segment.live?.identity == live.identity, let problem = segment.lifecycle.refusals[.mark] {
            send(.asked(before), to: segment)
            throw .segmentBlocked(name: segment.name, problem: problem)
        }
        // Creating it may have failed, or another program was faster.
        guard segment.live == nil, let problem = segment.lifecycle.problems.first else { return }
        throw .segmentBlocked(name: segment.name, problem: problem)
    }

    /// Creates a segment that is absent, blocked, or removed but still attached.
    private func make(_ segment: BrokeredSegment) throws(BrokerError) {
        guard segment.lifecycle.declaration?.isWhileUsed == false else { return }
        let before = segment.lifecycle.request
        try request(SegmentLifecycle.Request(.renew), of: segment)
        guard segment.live == nil else { return }
        let problem = segment.lifecycle.problems.first ?? .kernelNotAsked
        send(.asked(before), to: segment)
        throw .segmentBlocked(name: segment.name, problem: problem)
    }

    /// Returns the reason a live segment could not be replaced, if that can be known beforehand.
    private func renewalProblem(
        _ segment: BrokeredSegment,
        _ live: SegmentLifecycle.Live
    ) -> SegmentProblem? {
        let others = keysAhead(of: segment)
        if let first = others.first {
            return .keyInTheWay(
                of: segment.name,
                first,
                others.last == segment.name ? others.dropLast() : others[...],
                isCircle: others.last == segment.name
            )
        }
        if let problem = segment.lifecycle.renewalObstacle { return problem }
        return segment.lifecycle.declaredTraits.flatMap { obstacle(to: $0, inPlaceOf: live) }
    }

    /// Returns the names whose keys must be freed first, in a chain.
    ///
    /// Each holds the key that the one before it is to get, the first the key that this name is to get. The chain
    /// ends with this name if it is a cycle.
    private func keysAhead(of segment: BrokeredSegment) -> [SegmentName] {
        var names: [SegmentName] = []
        var last = segment
        while let wanted = last.lifecycle.declaration?.computedKey,
            let other = reservations.holders[wanted].flatMap({ segments[$0.string] }), other !== last,
            let itsOwn = other.lifecycle.declaration?.computedKey, itsOwn != wanted,
            !names.contains(other.name)
        {
            names.append(other.name)
            if other === segment { break }
            last = other
        }
        return names
    }

    /// Returns the reason the kernel would refuse to create a replacement, as far as its limits tell.
    func obstacle(
        to traits: SegmentLifecycle.Traits,
        inPlaceOf live: SegmentLifecycle.Live
    ) -> SegmentProblem? {
        // Memory that clients have attached continues to exist beside the new segment.
        let isFreed = live.clientAttachments == 0
        let freed = isFreed ? live.identity.traits.size : 0
        let more = traits.size.subtractingSaturated(freed)
        guard
            let errno = kernelLimits()?.refusal(of: traits.size, freeing: isFreed ? 1 : 0, freed)
                ?? kernel.memoryLimits()?.refusal(of: traits.size, more: more)
        else { return nil }
        return refusal("shmget", errno, ByteCount(bytes: traits.size))
    }
}

extension KernelLimits {
    /// Returns the errno of shmget(2) for a segment after `others` segments of `freed` bytes are gone; nil if
    /// it succeeds.
    fileprivate func refusal(of size: UInt64, freeing others: Int, _ freed: UInt64) -> Errno? {
        if size > largestSegment { return .invalidArgument }
        if segmentsInUse - others >= segments { return .noSpace }
        let left = bytesInUse.subtractingSaturated(freed.inWholePages)
        return left.addingSaturated(size.inWholePages) > totalBytes ? .noSpace : nil
    }
}

extension MemoryLimits {
    /// Returns the errno of shmget(2) for a segment that adds `more` bytes to the committed memory, by
    /// vm.overcommit_memory; nil if it succeeds.
    fileprivate func refusal(of size: UInt64, more: UInt64) -> Errno? {
        switch overcommit {
        case .heuristic: size > ram.addingSaturated(swap) ? .noMemory : nil
        case .always: nil
        case .never: committed.addingSaturated(more) > commitLimit ? .noMemory : nil
        }
    }
}

extension UInt64 {
    fileprivate var inWholePages: UInt64 { addingSaturated(4095) & ~4095 }
}

extension SegmentProblem {
    /// `others` must be renewed first, starting with the last.
    fileprivate static func keyInTheWay(
        of name: SegmentName,
        _ holder: SegmentName,
        _ others: ArraySlice<SegmentName>,
        isCircle: Bool
    ) -> SegmentProblem {
        let steps =
            (isCircle ? ["`segmentctl remove \(name)`"] : [])
            + others.reversed().map { "`segmentctl renew \($0)`" }
        return SegmentProblem(
            .keyCollision,
            message: "its new key is still that of segment \(holder), which is to get another"
                + (isCircle ? ", in a circle that ends with the key of this one" : ""),
            remedy: steps.joined(separator: ", ") + ", then `segmentctl renew \(name)`"
        )
    }
}
