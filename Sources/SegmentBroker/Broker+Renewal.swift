package import SegmentModel
import SystemPackage
import SystemVSharedMemory

extension Broker {
    /// Removes a segment and makes it again in one step, as an administrator asks for it.
    ///
    /// What is not in the kernel is made, unless it is while-used. What can be known is tested before anything is
    /// removed; who is refused has changed nothing.
    package func renew(_ name: String, when: RemoveWhen, viewer: Viewer) throws(BrokerError) {
        guard let segment = segments[name], segment.definition != nil else {
            throw .noSuchSegment(name: name)
        }
        defer { offerFreedKeys() }
        declareAwaited(segment)
        if let declaration = resolved(segment) { send(.resolved(declaration), .look, to: segment) }
        let before = segment.lifecycle.request
        guard let live = segment.live else { return try make(segment) }
        if let problem = renewalProblem(segment) {
            throw .segmentBlocked(name: segment.name, problem: problem)
        }
        switch when {
        case .idle: try ask(SegmentLifecycle.Request(.renew), of: segment)
        case .now: try ask(SegmentLifecycle.Request(.renew, isNow: true), of: segment)
        case .unused:
            if segment.isUnused { try ask(SegmentLifecycle.Request(.renew), of: segment) }
            guard segment.live?.identity == live.identity else { break }
            send(.asked(before), to: segment)
            throw inUse(segment, viewer)
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
    private func renewalProblem(_ segment: BrokeredSegment) -> SegmentProblem? {
        if let other = swappedKeys(segment) { return .keysSwapped(segment.name, other) }
        if let problem = segment.lifecycle.renewalObstacle { return problem }
        guard let size = segment.definition?.size, let limits = kernelLimits(),
            size.bytes > limits.largestSegment
        else { return nil }
        return KernelRefusal.problem(call: "shmget", errno: .invalidArgument, size: size, limits: limits)
    }

    /// The name that has the key which this segment is to get, and is to get the one that this segment has.
    private func swappedKeys(_ segment: BrokeredSegment) -> SegmentName? {
        guard let wanted = segment.lifecycle.declaration?.computedKey, let live = segment.live,
            let other = reservations.holders[wanted].flatMap({ segments[$0.string] }), other !== segment,
            other.lifecycle.declaration?.computedKey == live.identity.traits.key
        else { return nil }
        return other.name
    }
}

extension SegmentProblem {
    fileprivate static func keysSwapped(_ name: SegmentName, _ other: SegmentName) -> SegmentProblem {
        SegmentProblem(
            .keyCollision,
            message: "its new key is that of segment \(other), which is to get the key of this one",
            remedy:
                "`segmentctl remove \(name)`, `segmentctl renew \(other)`, then `segmentctl renew \(name)`"
        )
    }
}
