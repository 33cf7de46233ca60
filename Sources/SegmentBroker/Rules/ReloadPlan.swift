import SystemVSharedMemory
package import SegmentModel

/// What a reload does, worked out before anything is done; in order of name.
package struct ReloadPlan: Equatable, Sendable {
    package enum Step: Equatable, Sendable {
        /// Make it, or find why it cannot be made.
        case provision(SegmentDefinition)
        /// Put a changed declaration in force on a segment that lives.
        case change(SegmentDefinition)
        /// Declared again while it was on its way out.
        case keep(SegmentDefinition)
        /// No longer declared: remove it when unused.
        case drain(SegmentName)
        /// No longer declared and not in the kernel.
        case forget(SegmentName)
    }

    package var steps: [Step]

    /// What a plan must know of a segment as it stands.
    package struct Observed: Equatable, Sendable {
        package var state: SegmentState
        /// Nil when it is no longer declared.
        package var definition: SegmentDefinition?

        package init(state: SegmentState, definition: SegmentDefinition?) {
            self.state = state
            self.definition = definition
        }
    }

    package init(desired: [SegmentDefinition], observed: [SegmentName: Observed]) {
        var wanted: [SegmentName: SegmentDefinition] = [:]
        for definition in desired { wanted[definition.name] = definition }
        let names = Set(wanted.keys).union(observed.keys).sorted()
        steps = names.compactMap { Self.step($0, wanted[$0], observed[$0]) }
    }

    private static func step(
        _ name: SegmentName,
        _ wanted: SegmentDefinition?,
        _ observed: Observed?
    ) -> Step? {
        guard let wanted else {
            switch observed?.state {
            case _ where observed?.definition == nil: return nil
            case .ready, .drifted, .draining, .removing: return .drain(name)
            case .absent, .blocked: return .forget(name)
            case nil: return nil
            }
        }
        switch observed?.state {
        case nil, .absent, .blocked: return .provision(wanted)
        case .draining where observed?.definition == nil: return .keep(wanted)
        case .ready, .drifted, .draining, .removing:
            return observed?.definition == wanted ? nil : .change(wanted)
        }
    }
}
