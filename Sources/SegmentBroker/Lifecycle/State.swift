package import SegmentModel
import SystemVSharedMemory

/// The state, problems and hints, all derived from the facts.
extension SegmentLifecycle {
    package var state: SegmentState {
        switch memory {
        case .live where declaration == nil || request?.verb == .remove: .draining
        case .live(let live): differences(of: live).isEmpty ? .ready : .drifted
        case .recorded: .blocked
        case .none where foreignSegment != nil: .blocked
        case .none where !formerMemory.isEmpty && !mayCreate: .removing
        case .none: obstacle == nil ? .absent : .blocked
        }
    }

    /// Why the segment is not ready.
    package var problems: [SegmentProblem] {
        switch (state, memory) {
        case (_, .live(let live)): differences(of: live) + (declaration == nil ? [.undeclared] : [])
        case (_, .recorded): [refusals[.ask] ?? refusals[.find] ?? .kernelNotAsked]
        case (.removing, .none) where !isHeld && !isDismissed && declaration != nil: [.removedByOther(name)]
        case (.blocked, .none): [obstacle].compactMap(\.self)
        case (_, .none): []
        }
    }

    /// Worth knowing, but the segment remains ready.
    package var hints: [SegmentProblem] {
        guard let declaration, case .live(let live) = memory else { return [] }
        var hints = isOwnFile ? lastingDifferences(of: live).filter { $0.kind == .keyMoved } : []
        if group(declaration) != .nobody { hints += [groupProblem(declaration)].compactMap(\.self) }
        if let foreignSegment { hints.append(foreignSegment) }
        if request?.verb == .renew { hints.append(.renewing(name)) }
        return hints
    }

    /// Why no segment can be created.
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

    private func differences(of live: Live) -> [SegmentProblem] {
        guard let declaration else { return [] }
        var differences = lastingDifferences(of: live).filter { !isOwnFile || $0.kind != .keyMoved }
        if case .impossible(let problem) = declaration.key { differences.append(problem) }
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
            computed: declaration.placedKey
        )
    }

    /// Only the broker computes the key of a segment's own file, so a new inode matters to no other program.
    private var isOwnFile: Bool { declaration?.definition.key == .ownFile }

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
