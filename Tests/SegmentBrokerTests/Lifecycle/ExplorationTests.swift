import SegmentExploration
import SegmentTestSupport
import Testing

/// One event after the start; `make explore` goes deeper.
@Suite struct ExplorationTests {
    @Test(arguments: Scenario.all)
    func `no order of events violates an invariant`(scenario: Scenario) {
        let report = Exploration.run(scenario, depth: Sanitizer.isPresent ? 0 : 1)
        #expect(report.worlds > 0)
        #expect(report.violation == nil, "\(report.violation?.story.joined(separator: "\n") ?? "")")
    }
}

extension Scenario: CustomTestStringConvertible {
    package var testDescription: String { title }
}
