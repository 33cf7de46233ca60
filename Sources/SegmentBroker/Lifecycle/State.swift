package import SegmentModel
import SystemVSharedMemory

/// The state, problems and hints, all derived from the facts.
extension SegmentLifecycle {
    /// The states of a segment, each by its word on the wire; `SegmentState` describes them.
    package enum State: String, CaseIterable, Sendable {
        case absent, ready, drifted, draining, removing, blocked
    }

    package var state: State {
        switch memory {
        case .live where !isDeclared || request?.verb == .remove: .draining
        case .live(let live): differences(of: live).isEmpty ? .ready : .drifted
        case .recorded: .blocked
        case .none where foreignSegment != nil: .blocked
        case .none where !formerMemory.isEmpty && isOnItsWayOut: .removing
        case .none: obstacle == nil ? .absent : .blocked
        }
    }

    /// The problems that keep the segment from being ready.
    package var problems: [SegmentProblem] {
        switch memory {
        case .live(let live): return differences(of: live) + (isDeclared ? [] : [.undeclared])
        case .recorded: return [refusals[.ask] ?? refusals[.find] ?? .kernelNotAsked]
        case .none: break
        }
        return switch state {
        case .removing where !isHeld && phase == .running && isDeclared: [.tooMuchFormerMemory(name)]
        case .blocked: [obstacle].compactMap(\.self)
        case .absent, .ready, .drifted, .draining, .removing: []
        }
    }

    /// Worth knowing, but the segment remains ready.
    package var hints: [SegmentProblem] {
        guard case .live(let live) = memory, request != nil || !isPlain(live), let declaration else {
            return []
        }
        var hints = isOwnFile ? lastingDifferences(of: live).filter { $0.kind == .keyMoved } : []
        if case .number(let number) = group(declaration), declaration.group == .unknown {
            hints.append(.groupForgotten(declaration.definition.group ?? "", number: number))
        } else if group(declaration) != .nobody {
            hints += [groupProblem(declaration)].compactMap(\.self)
        }
        if isOwnFile, let computed = declaration.computedKey,
            live.identity.traits.key != computed,
            live.identity.traits.key.replacingProjectID(with: 1) == computed.replacingProjectID(with: 1)
        {
            hints.append(.projectMoved(name, to: live.identity.traits.key))
        }
        if let foreignSegment { hints.append(foreignSegment) }
        if request?.verb == .renew { hints += [.renewing(name), refusals[.mark]].compactMap(\.self) }
        return hints
    }

    /// The reason a created segment is not open to clients yet; nil if it is, or if nothing prevents it.
    package var unopenedProblem: SegmentProblem? {
        guard isUnopened else { return nil }
        return refusals[.attach] ?? refusals[.setPermissions]
    }

    /// Whether the segment has been created but not yet given its group and mode.
    package var isUnopened: Bool {
        if case .live(let live) = memory { live.permissionsBefore == credentials.ownerOnly } else { false }
    }

    /// Whether nothing is left to do, and a look that finds the same changes nothing.
    package var isSettled: Bool {
        guard case .live(let live) = memory, live.isFresh else { return false }
        return isDeclared && request == nil && adopting == nil && phase == .running
            && refusals.isEmpty && formerMemory.isEmpty
    }

    /// The reason no segment can be created.
    var obstacle: SegmentProblem? {
        guard let declaration else { return nil }
        if case .impossible(let problem) = declaration.key { return problem }
        if let problem = foreignSegment ?? refusals[.find] ?? refusals[.create] ?? refusals[.record] {
            return problem
        }
        return declaredTraits == nil ? groupProblem(declaration) : nil
    }

    /// A foreign segment under the declared key.
    private var foreignSegment: SegmentProblem? {
        if case .taken(let problem) = declaredKey { problem } else { nil }
    }

    /// Whether the segment is as declared, checked without comparing each difference.
    private func isPlain(_ live: Live) -> Bool {
        let traits = live.identity.traits
        guard refusals.isEmpty, case .found? = declaration?.group, case .at(traits.key)? = declaration?.key
        else { return false }
        if case .taken = declaredKey { return false }
        return declaration?.computedKey == traits.key && declaration?.definition.size.bytes == traits.size
    }

    /// Whether a name without present memory must wait for the end of former memory, whatever is requested.
    private var isOnItsWayOut: Bool {
        !isDeclared || isHeld || phase == .stopping || formerMemory.count >= Self.formerMemoryLimit
    }

    private var isDeclared: Bool { if case .some = declaration { true } else { false } }

    private func differences(of live: Live) -> [SegmentProblem] {
        guard !isPlain(live), let declaration else { return [] }
        let lasting = lastingDifferences(of: live)
        var differences = lasting.filter { !isOwnFile || $0.kind != .keyMoved }
        if let lostFile { differences.append(lostFile) }
        // A difference of keys says more than this.
        if case .impossible(let problem) = declaration.key, problem.kind == .keyCollision,
            !lasting.contains(where: { [.keyDiffers, .keyMoved].contains($0.kind) })
        {
            differences.append(problem)
        }
        let unknownGroup = group(declaration) == .nobody ? groupProblem(declaration) : nil
        return differences
            + [unknownGroup, refusals[.setPermissions], refusals[.attach]].compactMap(\.self)
    }

    /// Differences in size and key, which last until the segment is recreated.
    private func lastingDifferences(of live: Live) -> [SegmentProblem] {
        guard let declaration else { return [] }
        let traits = live.identity.traits
        return Drift.lasting(
            declaration.definition,
            size: traits.size,
            key: traits.key,
            computed: declaration.computedKey
        )
    }

    /// Only the broker computes the key of a segment's own file, so a new inode matters to no other program.
    private var isOwnFile: Bool { declaration?.definition.key == .ownFile }

    /// Programs' own ftok fails now.
    ///
    /// A lookup that is not answered, or the file of a key that nobody else computes, says nothing.
    private var lostFile: SegmentProblem? {
        guard case .impossible(let problem) = declaration?.key, problem.kind == .keyPathMissing, !isOwnFile
        else { return nil }
        return problem
    }

    private func groupProblem(_ declaration: Declaration) -> SegmentProblem? {
        let name = declaration.definition.group ?? String(credentials.groupID)
        return switch declaration.group {
        case .found: nil
        case .unknown: .groupUnknown(name, failure: nil)
        case .failed(let errno): .groupUnknown(name, failure: errno)
        case .unanswered: .groupUnanswered(name)
        }
    }
}
