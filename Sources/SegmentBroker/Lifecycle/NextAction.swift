import SegmentModel
import SystemVSharedMemory

/// The rules, in order: the first that applies yields the next action. Actions refused since the last look are skipped.
extension SegmentLifecycle {
    /// Nil if the segment is at rest.
    func nextAction() -> Action? {
        if let action = recordRequest() ?? askOthers() { return action }
        return switch memory {
        case .recorded(let segment, _): search(for: segment)
        case .none: nextActionWithoutMemory()
        case .live(let live): nextAction(for: live)
        }
    }

    /// Records an administrator's request before acting on it, so that it survives a crash.
    private func recordRequest() -> Action? {
        guard stored?.request != request else { return nil }
        switch memory {
        case .none: return nil
        case .recorded:
            var record = stored
            record?.request = request
            return write(record)
        case .live(let live): return write(record(of: .created(live.identity)))
        }
    }

    /// Queries former memory, and the segment to be adopted.
    private func askOthers() -> Action? {
        let unasked = formerMemory.first { $0.attachments == nil }?.identity.identifier
        return (unasked ?? adopting).flatMap { unlessRefused(.ask($0)) }
    }

    private func search(for segment: RecordedSegment) -> Action? {
        guard refusals[.ask] == nil, refusals[.find] == nil else { return nil }
        return switch segment {
        case .created(let identity): .ask(identity.identifier)
        case .planned(let traits): .find(traits.key)
        }
    }

    private func nextActionWithoutMemory() -> Action? {
        if let action = findDeclaredKey() { return action }
        if mayCreate, declaredKey == .free, obstacle == nil, let traits = declaredTraits {
            // The record comes first: a crash right after shmget(2) must not leave an unknown segment.
            return write(record(of: .planned(traits)))
                ?? (refusals[.record] == nil ? .create(traits) : nil)
        }
        return write(recordWithoutMemory)
    }

    private func nextAction(for live: Live) -> Action? {
        let identifier = live.identity.identifier
        guard live.isFresh else { return unlessRefused(.ask(identifier)) }
        // Before anything is done to it, a record names it and the group that it is about to be given. Unless the disk
        // refuses, a record without an identifier therefore means that no client can have attached the segment.
        let whole = record(of: .created(live.identity))
        if stored?.names(live.identity) != true || stored?.group != whole.group, let action = write(whole) {
            return action
        }
        let departure = departure(of: live)
        if departure == nil, live.address == nil, let action = unlessRefused(.attach(identifier)) {
            return action
        }
        let isUnderDeclaredKey = declaration?.placedKey == live.identity.traits.key
        if !isUnderDeclaredKey, let action = findDeclaredKey() { return action }
        // Nobody is let in before the broker itself is.
        let permissions =
            departure == nil && unopenedProblem != nil
            ? credentials.ownerOnly : wantedPermissions(of: live, isLeaving: departure != nil)
        if live.permissions != permissions,
            let action = unlessRefused(.setPermissions(identifier, permissions))
        {
            return action
        }
        return switch departure {
        case nil: write(whole)
        case .removal: write(whole) ?? .mark(live.identity)
        case .replacement(let traits):
            write(record(of: .planned(traits), replacing: live.identity))
                ?? .replace(live.identity, with: traits)
        }
    }

    /// Looks under the key that a new segment would get, once a look, even if none is wanted now.
    private func findDeclaredKey() -> Action? {
        guard phase != .stopping, declaredKey == .notAsked, let key = declaration?.placedKey else {
            return nil
        }
        return unlessRefused(.find(key))
    }

    private func write(_ record: Record?) -> Action? {
        guard record != stored else { return nil }
        return unlessRefused(record.map(Action.writeRecord) ?? .eraseRecord)
    }

    private func unlessRefused(_ action: Action) -> Action? {
        action.step.flatMap { refusals[$0] } == nil ? action : nil
    }
}
