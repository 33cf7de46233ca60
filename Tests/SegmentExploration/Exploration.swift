import SegmentBroker
import SegmentModel

/// Explores every order of events up to a depth, with a crash, a refusal and an intrusion possible between any two
/// actions of the broker.
///
/// The lifecycle itself runs, not a model of it. Worlds are distinguished by a 64-bit hash.
package struct Exploration {
    package private(set) var report = Report()
    private let scenario: Scenario
    private var seen: Set<Int> = []
    private var next: [Visit] = []

    package struct Report: Sendable {
        package var worlds = 0
        /// Worlds at rest from which every move was tried.
        package var expanded = 0
        package var crashPoints = 0
        /// The one with the shortest story.
        package var violation: (text: String, story: [String])?
    }

    private struct Visit {
        var world: World
        var story: Story
    }

    /// `depth` events in a row after the start; in each story at most `faults` crashes, refusals and intrusions.
    ///
    /// Stops after the first depth at which an invariant is violated.
    package static func run(_ scenario: Scenario, depth: Int, faults: Int = 1) -> Report {
        var exploration = Self(scenario)
        var level = [Visit(world: World(scenario, faults: faults), story: Story(.begin))]
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
        for move in visit.world.moves(scenario.declarations) {
            let story = Story(.move(move), after: visit.story)
            var begun = visit.world
            do throws(Violation) {
                try begun.make(move, scenario.declarations)
                try compareCrashes(from: visit.world, move, begun)
            } catch {
                note(error, story)
                continue
            }
            exploreInterleavings(Visit(world: begun, story: story))
        }
    }

    private mutating func exploreInterleavings(_ first: Visit) {
        var stack = [first]
        while let visit = stack.popLast() {
            guard seen.insert(visit.world.hashValue).inserted else { continue }
            report.worlds += 1
            do throws(Violation) {
                try visit.world.judge()
                guard let action = visit.world.pending else {
                    next.append(visit)
                    continue
                }
                var plain = visit
                try plain.world.step()
                stack.append(plain)
                stack += try disturbed(visit, action)
            } catch {
                note(error, visit.story)
            }
        }
    }

    /// This moment with each fault that is still possible.
    private func disturbed(_ visit: Visit, _ action: SegmentLifecycle.Action) throws(Violation) -> [Visit] {
        var visits: [Visit] = []
        let isReplacement = if case .replace = action { true } else { false }
        if visit.world.crashes > 0 {
            for between in isReplacement ? [World.Between.nothing, .crash] : [.nothing] {
                var crashed = Visit(world: visit.world, story: Story(.crash(action), after: visit.story))
                crashed.world.crashes -= 1
                _ = try crashed.world.perform(action, between)
                try crashed.world.judge()
                crashed.world.die()
                visits.append(crashed)
            }
        }
        if visit.world.refusals > 0 {
            var refused = Visit(world: visit.world, story: Story(.refusal(action), after: visit.story))
            refused.world.refusals -= 1
            try refused.world.refuse()
            visits.append(refused)
        }
        guard visit.world.intrusions > 0 else { return visits }
        if isReplacement {
            var raced = Visit(world: visit.world, story: Story(.race(action), after: visit.story))
            raced.world.intrusions -= 1
            raced.world.isDisturbed = true
            try raced.world.step(.stranger)
            visits.append(raced)
        }
        for move in visit.world.intrusionMoves {
            var intruded = Visit(
                world: visit.world,
                story: Story(.intrusion(move, before: action), after: visit.story)
            )
            intruded.world.intrusions -= 1
            intruded.world.intrude(move)
            visits.append(intruded)
        }
        return visits
    }

    /// A crash at any point of an undisturbed move must recover to the state before the move, the state after it, or the
    /// state that the move reaches when made after the restart.
    private mutating func compareCrashes(
        from before: World,
        _ move: Move,
        _ begun: World
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
        let allowed: Set<World.View> = [
            try unbegun.recoveredView(), try done.recoveredView(), try later.settledView(),
        ]
        var moment = begun
        while let action = moment.pending {
            for between in [World.Between.nothing, .crash] {
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

    private mutating func note(_ violation: Violation, _ story: Story) {
        let lines = story.lines + violation.facts
        if let known = report.violation, known.story.count <= lines.count { return }
        report.violation = (violation.text, lines)
    }
}
