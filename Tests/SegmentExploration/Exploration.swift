import SegmentBroker
import SegmentModel

/// Explores every order of events up to a depth, with a crash, a refusal and an intrusion possible between any two
/// actions of the broker.
///
/// The lifecycle itself runs, not a model of it. States are distinguished by a 64-bit hash.
package struct Exploration {
    package private(set) var report = Report()
    private let scenario: Scenario
    private var seen: Set<Int> = []
    private var next: [Visit] = []

    package struct Report: Sendable {
        package var states = 0
        /// States at rest from which every move was tried.
        package var expanded = 0
        package var crashPoints = 0
        /// The one with the shortest history.
        package var violation: (text: String, history: [String])?
    }

    private struct Visit {
        var system: ExploredSystem
        var history: History
    }

    /// `depth` events in a row after the start; in each history at most `faults` crashes, refusals and intrusions.
    ///
    /// Stops after the first depth at which an invariant is violated.
    package static func run(_ scenario: Scenario, depth: Int, faults: Int = 1) -> Report {
        var exploration = Self(scenario)
        var level = [Visit(system: ExploredSystem(scenario, faults: faults), history: History(.begin))]
        for _ in 0...max(0, depth) {
            for visit in level { exploration.expand(visit) }
            if exploration.report.violation != nil { break }
            level = exploration.next
            exploration.next = []
        }
        return exploration.report
    }

    private init(_ scenario: Scenario) { self.scenario = scenario }

    private mutating func expand(_ visit: Visit) {
        report.expanded += 1
        for move in visit.system.moves(scenario.declarations) {
            let history = History(.move(move), after: visit.history)
            var begun = visit.system
            do throws(Violation) {
                try begun.make(move, scenario.declarations)
                try compareCrashes(from: visit.system, move, begun)
            } catch {
                note(error, history)
                continue
            }
            exploreInterleavings(Visit(system: begun, history: history))
        }
    }

    private mutating func exploreInterleavings(_ first: Visit) {
        var stack = [first]
        while let visit = stack.popLast() {
            guard seen.insert(visit.system.hashValue).inserted else { continue }
            report.states += 1
            do throws(Violation) {
                try visit.system.checkInvariants()
                guard let action = visit.system.pending else {
                    next.append(visit)
                    continue
                }
                var plain = visit
                try plain.system.step()
                stack.append(plain)
                stack += try disturbed(visit, action)
            } catch {
                note(error, visit.history)
            }
        }
    }

    /// This moment with each fault that is still possible.
    private func disturbed(_ visit: Visit, _ action: SegmentLifecycle.Action) throws(Violation) -> [Visit] {
        var visits: [Visit] = []
        let isReplacement = if case .replace = action { true } else { false }
        if visit.system.crashes > 0 {
            for between in isReplacement ? [ExploredSystem.Between.nothing, .crash] : [.nothing] {
                var crashed = Visit(
                    system: visit.system,
                    history: History(.crash(action), after: visit.history)
                )
                crashed.system.crashes -= 1
                _ = try crashed.system.perform(action, between)
                try crashed.system.checkInvariants()
                crashed.system.die()
                visits.append(crashed)
            }
        }
        if visit.system.refusals > 0 {
            var refused = Visit(
                system: visit.system,
                history: History(.refusal(action), after: visit.history)
            )
            refused.system.refusals -= 1
            try refused.system.refuse()
            visits.append(refused)
        }
        guard visit.system.intrusions > 0 else { return visits }
        if isReplacement {
            var raced = Visit(system: visit.system, history: History(.race(action), after: visit.history))
            raced.system.intrusions -= 1
            raced.system.isDisturbed = true
            try raced.system.step(.stranger)
            visits.append(raced)
        }
        for move in visit.system.intrusionMoves {
            var intruded = Visit(
                system: visit.system,
                history: History(.intrusion(move, before: action), after: visit.history)
            )
            intruded.system.intrusions -= 1
            intruded.system.intrude(move)
            visits.append(intruded)
        }
        return visits
    }

    /// A crash at any point of an undisturbed move must recover to the state before the move, the state after it, or the
    /// state that the move reaches when made after the restart.
    private mutating func compareCrashes(
        from before: ExploredSystem,
        _ move: Move,
        _ begun: ExploredSystem
    ) throws(Violation) {
        // A record that the disk has refused to write or erase is still due from an earlier move.
        guard let broker = before.broker, broker.refusals[.record] == nil, broker.refusals[.erase] == nil,
            begun.pending != nil
        else { return }
        var unbegun = begun
        unbegun.broker = broker
        var done = begun
        try done.settle()
        var later = unbegun
        later.die()
        try later.start()
        try later.settle()
        // The owner has already been set.
        if move != .adopt {
            try later.make(move, scenario.declarations)
            try later.settle()
        }
        let allowed: Set<ExploredSystem.View> = [
            try unbegun.recoveredView(), try done.recoveredView(), try later.settledView(),
        ]
        var moment = begun
        while let action = moment.pending {
            for between in [ExploredSystem.Between.nothing, .crash] {
                var crashed = moment
                _ = try crashed.perform(action, between)
                report.crashPoints += 1
                let view = try crashed.recoveredView()
                guard allowed.contains(view) else {
                    throw Violation(
                        "a crash after \(action.word) recovers to none of the allowed outcomes",
                        ["left: \(view)"] + allowed.map { "allowed: \($0)" }
                    )
                }
            }
            try moment.step()
        }
    }

    private mutating func note(_ violation: Violation, _ history: History) {
        let lines = history.lines + violation.facts
        if let known = report.violation, known.history.count <= lines.count { return }
        report.violation = (violation.text, lines)
    }
}
