import SystemPackage
import Testing

/// What fuzzing has found worth keeping, run again each time.
@Suite struct CorpusTests {
    @Test(arguments: FuzzTarget.allCases)
    func `what once was found is withstood`(target: FuzzTarget) throws {
        let inputs = try Corpus.inputs(of: target)
        #expect(inputs.count > 3)
        for input in inputs { target.run(input) }
    }
}
