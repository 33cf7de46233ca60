import CSegmentd

/// A time limit as C passes it: milliseconds, at least `minimum`, or `SEGMENTD_NO_LIMIT`, which is nil.
func timeLimit(_ milliseconds: CInt, atLeast minimum: CInt) throws(Failure) -> Duration? {
    if milliseconds == SEGMENTD_NO_LIMIT { return nil }
    guard milliseconds >= minimum else {
        throw .invalid("time_limit_ms is \(milliseconds): neither SEGMENTD_NO_LIMIT nor \(minimum) or more")
    }
    return .milliseconds(milliseconds)
}
