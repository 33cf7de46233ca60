/// Does all of them in turn, round after round, so that noise of the machine hits a figure and its baseline alike.
///
/// What a body is given says whether to record: the first round warms up.
func interleave(rounds: Int, _ bodies: [(_ records: Bool) throws -> Void]) throws {
    for round in 0...rounds {
        for body in bodies {
            try body(round > 0)
            try Interruption.check()
        }
    }
}
