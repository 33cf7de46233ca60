import SystemVSharedMemory
package import SegmentModel

/// What a reload does.
package enum ReloadPlan {
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

    /// The order in which a reload goes through the segments that it has something to do with.
    ///
    /// What frees comes before what makes, and keys that never move before those that do. Declarations and names are
    /// in order of name.
    package static func order(
        _ desired: [SegmentDefinition],
        known: [SegmentName],
        step: (SegmentName) -> Step?
    ) -> [SegmentName] {
        func isMade(_ name: SegmentName) -> Bool {
            if case .provision = step(name) { true } else { false }
        }
        let made = desired.filter { isMade($0.name) }
        return known.filter { step($0) != nil && !isMade($0) } + KeyPlacement.order(made).map(\.name)
    }

    /// What a reload does with one segment, as it stands when its turn comes.
    package static func step(
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
