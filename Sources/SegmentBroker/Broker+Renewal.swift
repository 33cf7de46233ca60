package import SegmentModel
import SystemPackage
import SystemVSharedMemory

extension Broker {
    /// Removes a segment and makes it again in one step, as an administrator asks for it.
    ///
    /// What is not in the kernel is made, unless it is while-used. What can be known is tested before anything is
    /// removed; who is refused has changed nothing.
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
        case .whenIdle: try ask(SegmentLifecycle.Request(.renew), of: segment)
        case .immediately: try ask(SegmentLifecycle.Request(.renew, isNow: true), of: segment)
        case .ifUnused:
            if segment.isUnused { try ask(SegmentLifecycle.Request(.renew), of: segment) }
            guard segment.live?.identity == live.identity else { break }
            send(.asked(before), to: segment)
            throw inUse(segment, viewer)
        }
        if segment.live?.identity == live.identity, let problem = segment.lifecycle.refusals[.mark] {
            send(.asked(before), to: segment)
            throw .segmentBlocked(name: segment.name, problem: problem)
        }
        // The second half may be refused, or be another's gain.
        guard segment.live == nil, let problem = segment.lifecycle.problems.first else { return }
        throw .segmentBlocked(name: segment.name, problem: problem)
    }

    /// What is absent, blocked, or removed and still attached.
    private func make(_ segment: BrokeredSegment) throws(BrokerError) {
        guard segment.lifecycle.declaration?.isWhileUsed == false else { return }
        let before = segment.lifecycle.request
        try ask(SegmentLifecycle.Request(.renew), of: segment)
        guard segment.live == nil else { return }
        let problem = segment.lifecycle.problems.first ?? .kernelNotAsked
        send(.asked(before), to: segment)
        throw .segmentBlocked(name: segment.name, problem: problem)
    }

    /// Why nothing could be made in the place of a live segment, as far as that can be known.
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

    /// The names that have to give up their keys before this one can have its own: the first has the key that this one
    /// is to get, the next the key that the first is to get, and so on; it ends with this name where they form a circle.
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

    /// Why the kernel would not make a segment in the place of another, as far as its limits tell.
    func obstacle(
        to traits: SegmentLifecycle.Traits,
        inPlaceOf live: SegmentLifecycle.Live
    ) -> SegmentProblem? {
        // What clients have attached stays beside the new segment.
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
    /// What shmget(2) would say of a segment once others are gone.
    fileprivate func refusal(of size: UInt64, freeing others: Int, _ freed: UInt64) -> Errno? {
        if size > largestSegment { return .invalidArgument }
        if segmentsInUse - others >= segments { return .noSpace }
        let left = bytesInUse.subtractingSaturated(freed.inWholePages)
        return left.addingSaturated(size.inWholePages) > totalBytes ? .noSpace : nil
    }
}

extension MemoryLimits {
    /// What shmget(2) would say of a segment for which so much more has to be promised; vm.overcommit_memory.
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
    /// `others` have to be renewed first, the last of them before all.
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
