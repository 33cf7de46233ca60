import ArgumentParser
import SegmentSimulation
import SegmentTestSupport

/// Runs the simulation of the broker for two million steps.
@main
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "segment-simulation",
        abstract: "Simulates a broker, its programs and whoever interferes on a kernel in memory."
    )

    @Option(help: "Begin with this seed; without it with some fixed ones and a fresh one.")
    var seed: UInt64?

    @Option(help: "Steps of each seed.")
    var steps = 100_000

    @Flag(help: "Print every step.")
    var tell = false

    func run() throws {
        if let seed {
            return try simulate(seed)
        }
        let fresh = UInt64.random(in: 1...999_999_999)
        print("a fresh seed: \(fresh)")
        for seed in Array(1...20) + [fresh] { try simulate(seed) }
    }

    private func simulate(_ seed: UInt64) throws {
        do {
            try Simulation.run(seed: seed, steps: steps, telling: tell)
        } catch let failure as Simulation.Failure {
            print(failure)
            throw ExitCode.failure
        }
        print("seed \(seed): \(steps) steps")
        Resilience.record(
            "a step of the simulated life, its invariants checked",
            tries: steps,
            test: "make simulate"
        )
    }
}
