package import EventLoop
import POSIX

/// A loop with a clock that the test controls.
package final class TestLoop {
    private final class Clock {
        /// Later than the kernel's clock, so that its timers wake nobody.
        var now = MonotonicTime.now + .seconds(1 << 20)
        var step = Duration.zero

        func read() -> MonotonicTime {
            now = now + step
            return now
        }
    }

    private let clock = Clock()
    package let loop: EventLoop

    package init() {
        let clock = clock
        do { loop = try EventLoop { clock.read() } } catch { fatalError("no loop: \(error)") }
    }

    /// Turns the loop until nothing is left to do at this time.
    package func run() {
        for _ in 0..<100_000 where !loop.turn(waiting: false) { return }
        fatalError("there is always something to do")
    }

    /// Advances the clock and runs everything that becomes due.
    package func advance(by duration: Duration) {
        let end = clock.now + duration
        run()
        while let due = loop.nextDue, due <= end {
            clock.now = max(clock.now, due)
            run()
        }
        clock.now = max(clock.now, end)
        run()
    }

    /// How much time passes whenever the loop or its user reads the clock.
    package var step: Duration {
        get { clock.step }
        set { clock.step = newValue }
    }

    /// Advances the clock during a call, without running anything.
    package func pass(_ duration: Duration) { clock.now = clock.now + duration }
}
