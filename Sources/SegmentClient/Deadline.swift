/// When a caller wants to wait no longer: a moment of CLOCK_MONOTONIC, or never.
package struct Deadline: Sendable {
    package static let never = Deadline(nil)

    /// A moment that no clock will show is none; in a duration from now on.
    private static let farthest = Duration.seconds(1 << 31)

    private let moment: ContinuousClock.Instant?

    package init(_ timeLimit: Duration?) {
        moment = timeLimit.flatMap { $0 < Self.farthest ? ContinuousClock.now + max(.zero, $0) : nil }
    }

    package var hasPassed: Bool { moment.map { $0 <= ContinuousClock.now } ?? false }

    var remaining: Duration { moment.map { max(.zero, $0 - .now) } ?? Self.farthest }

    /// What remains, for poll(2) and futex(2), rounded up; -1 is for ever.
    package var milliseconds: Int32 {
        guard moment != nil else { return -1 }
        return Int32(clamping: Int64(remaining / .milliseconds(1)) + 1)
    }
}
