import Glibc
import Synchronization

/// SIGINT, SIGTERM and SIGHUP: they end a measurement as an error does, so that what was started ends with it.
enum Interruption {
    private static let isRequested = Atomic(false)

    /// From now on a signal makes the next `check` throw; whoever waits is woken by EINTR.
    static func catchSignals() {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { _ in Interruption.isRequested.store(true, ordering: .relaxed) }
        }
    }

    static func check() throws {
        if isRequested.load(ordering: .relaxed) { throw BenchmarkError.interrupted }
    }
}
