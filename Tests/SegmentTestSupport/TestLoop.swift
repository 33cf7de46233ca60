package import EventLoop
import POSIX

/// A loop whose time passes only as the test wants.
package final class TestLoop {
    private final class Clock {
        /// Later than the kernel's, so that its timers wake nobody.
        var now = MonotonicTime.now + .seconds(1 << 20)
    }

    private let clock = Clock()
    package let loop: EventLoop

    package init() {
        let clock = clock
        do { loop = try EventLoop { clock.now } } catch { fatalError("no loop: \(error)") }
    }

    /// Turns until nothing is left to do at this time.
    package func run() {
        for _ in 0..<100_000 where !loop.turn(waiting: false) { return }
        fatalError("there is always something to do")
    }

    /// Lets time pass, in which whatever comes due is done.
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

    /// Lets time pass in the middle of something.
    package func pass(_ duration: Duration) { clock.now = clock.now + duration }
}
