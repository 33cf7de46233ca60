import POSIX

/// Longer and longer pauses between tries: 2 ms at first, 100 ms at last.
struct Backoff {
    private var pause = Duration.milliseconds(2)

    /// Sleeps, or until the deadline where that comes first: then it is false.
    mutating func pause(until deadline: Deadline) -> Bool {
        if wait(within: deadline) { return true }
        deadline.sleep()
        return false
    }

    /// Sleeps, or returns false at once where the deadline comes first.
    mutating func wait(within deadline: Deadline) -> Bool {
        guard deadline.remaining > pause else { return false }
        Thread.sleep(pause)
        pause = min(pause * 2, .milliseconds(100))
        return true
    }
}
