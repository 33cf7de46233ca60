import SegmentSimulation
import Testing

/// A few thousand steps among the other tests; `make simulate` runs two million.
@Suite struct SimulationTests {
    @Test(arguments: 101...106 as ClosedRange<UInt64>)
    func `many simulated days violate nothing`(seed: UInt64) throws {
        try Simulation.run(seed: seed, steps: 2000)
    }
}
