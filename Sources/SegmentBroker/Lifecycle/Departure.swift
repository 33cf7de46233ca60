import SegmentModel
import SystemVSharedMemory

/// Decides when a live segment is removed or replaced.
extension SegmentLifecycle {
    enum Departure: Equatable {
        case removal
        /// By a segment with these traits.
        case replacement(Traits)
    }

    /// Returns how the segment leaves now; nil if it stays.
    ///
    /// It also stays if the kernel refused to mark it or to change its permissions: a client could attach at
    /// any moment.
    func departure(of live: Live) -> Departure? {
        guard refusals[.mark] == nil, refusals[.setPermissions] == nil, phase != .restarting else {
            return nil
        }
        let isUnused = leases == 0 && live.clientAttachments == 0 && !isDemanded
        let isLeft = isUnused && !live.awaitsClients
        if let request, isUnused || request.isNow {
            switch request.verb {
            case .remove: return .removal
            case .renew: if let replacement = replacement(of: live) { return replacement }
            }
        }
        guard let declaration else { return isUnused ? .removal : nil }
        switch (phase, declaration.definition.keep) {
        case (.stopping, .untilStop): return .removal
        case (.stopping, .whileUsed): return isUnused ? .removal : nil
        case (.running, .whileUsed(let time)):
            return isLeft && (time <= .zero || linger == .over(time)) ? .removal : nil
        case (.running, .untilReboot), (.running, .untilStop):
            guard declaration.renewsWhenUnused, live.wasUsed, isLeft else { return nil }
            return replacement(of: live)
        case (.stopping, .untilReboot), (.restarting, _): return nil
        }
    }

    /// The reason a live segment cannot be renewed, as far as known; nil if it can, or if it is not live.
    var renewalObstacle: SegmentProblem? {
        guard case .live(let live) = memory else { return nil }
        return obstacle ?? (hasRoom(afterGivingUp: live) ? nil : .tooMuchFormerMemory(name))
    }

    private func hasRoom(afterGivingUp live: Live) -> Bool {
        Self.formerMemoryLimit - formerMemory.count > (live.clientAttachments > 0 ? 1 : 0)
    }

    /// A segment is given up only if, as far as can be known, its replacement can be created.
    private func replacement(of live: Live) -> Departure? {
        guard phase == .running, refusals[.record] == nil, let traits = declaredTraits,
            traits.key == live.identity.traits.key || declaredKey == .free
        else { return nil }
        return hasRoom(afterGivingUp: live) ? .replacement(traits) : nil
    }

    /// Runs the timer exactly while a `while-used` segment is unused.
    mutating func setLinger() {
        switch (linger, wantedLinger) {
        case (.off, nil): break
        case (.armed(let time), let wanted?) where time == wanted: break
        case (.over(let time), let wanted?) where time == wanted: break
        case (_, let wanted?):
            linger = .armed(wanted)
            unanswered.append(.arm(wanted))
        case (.armed, nil):
            linger = .off
            unanswered.append(.disarm)
        case (.over, nil): linger = .off
        }
    }

    private var wantedLinger: Duration? {
        guard phase == .running, request == nil, let time = declaration?.linger, time > .zero,
            case .live(let live) = memory, leases == 0, live.clientAttachments == 0, !isDemanded,
            !live.awaitsClients
        else { return nil }
        return time
    }
}
