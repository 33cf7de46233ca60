/// A moment of CLOCK_MONOTONIC by which a call must be over.
struct Deadline {
    private let moment: ContinuousClock.Instant

    init(_ timeLimit: Duration) {
        moment = .now + timeLimit
    }

    var remaining: Duration { max(.zero, moment - .now) }
}
