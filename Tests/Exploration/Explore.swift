import ArgumentParser
import SegmentExploration
import SegmentTestSupport

/// Explores the lifecycle of a segment through every order of events.
@main
struct Explore: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "segment-exploration",
        abstract:
            "Explores the life of a segment: every order of events, with crashes, refusals and intrusions."
    )

    @Option(help: "Events in a row, after the start.")
    var depth = 2

    @Option(help: "Crashes, refusals and intrusions in one history, of each.")
    var faults = 1

    @Option(help: "Only scenarios whose title contains this.")
    var only: String?

    func run() throws {
        var states = 0
        var isFaulty = false
        print("    states  expanded  crash points  scenario")
        for scenario in Scenario.all where only.map(scenario.title.contains) ?? true {
            let clock = ContinuousClock()
            let start = clock.now
            let report = Exploration.run(scenario, depth: depth, faults: faults)
            let seconds = (clock.now - start).components.seconds
            let numbers = [(report.states, 10), (report.expanded, 10), (report.crashPoints, 14)]
            let columns = numbers.map { number, width in
                String(repeating: " ", count: max(0, width - String(number).count)) + String(number)
            }
            print("\(columns.joined())  \(scenario.title), \(seconds) s")
            states += report.states
            guard let violation = report.violation else { continue }
            isFaulty = true
            print("\(violation.text):")
            for line in violation.history { print("    \(line)") }
        }
        Resilience.record(
            "a state of a segment's life, its invariants checked",
            tries: states,
            test: "make explore"
        )
        if isFaulty { throw ExitCode.failure }
        print("\(states) states, nothing found")
    }
}
