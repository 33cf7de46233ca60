import Glibc

/// Longer and longer pauses between tries: 2 ms at first, 100 ms at last.
struct Backoff {
    private var pause = Duration.milliseconds(2)

    /// Sleeps, or returns false at once where the deadline comes first.
    mutating func wait(within deadline: Deadline) -> Bool {
        guard deadline.remaining > pause else { return false }
        usleep(UInt32(pause / .microseconds(1)))
        pause = min(pause * 2, .milliseconds(100))
        return true
    }
}
