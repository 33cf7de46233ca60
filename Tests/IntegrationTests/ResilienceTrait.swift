import SegmentTestSupport
import Testing

/// Counts each test case as one attempt at something that may happen to the daemon.
struct ResilienceTrait: TestTrait, SuiteTrait, TestScoping {
    let trial: String
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        try await function()
        guard testCase != nil, let file = test.sourceLocation.fileID.split(separator: "/").last else {
            return
        }
        Resilience.record(trial, tries: 1, test: String(file.dropLast(".swift".count)))
    }
}

extension Trait where Self == ResilienceTrait {
    /// Returns the trait for a row, `trial`, of the table that `make resilience` prints.
    static func resilience(_ trial: String) -> Self { ResilienceTrait(trial: trial) }
}
