import Glibc
import POSIX
import SegmentTestSupport
import SystemPackage
import Testing

@testable import EventLoop

/// Turns, timers, signals and other threads, with a clock that the test controls.
@Suite struct EventLoopTests {
    private let test = TestLoop()
    private var loop: EventLoop { test.loop }

    @Test func `all ready events are handled, and then the tasks at the end of the turn`() throws {
        let log = Log()
        let pairs = (0..<10).map { _ in SocketPair() }
        let sources = try pairs.enumerated().map { number, pair in
            try loop.watch(pair.descriptor, for: .read) { [loop] readiness in
                #expect(readiness == .read)
                log.add("\(number)")
                pair.drain()
                if number == 0 { loop.afterThisTurn { log.add("end") } }
            }
        }
        for pair in pairs { pair.write() }
        #expect(loop.turn(waiting: false))
        #expect(log.taken.sorted() == (0..<10).map(String.init) + ["end"])
        #expect(log.taken.last == "end")
        #expect(!loop.turn(waiting: false))
        _ = sources
    }

    @Test func `tasks that reschedule themselves do not starve sockets`() throws {
        let log = Log()
        let pair = SocketPair()
        let source = try loop.watch(pair.descriptor, for: .read) { _ in
            log.add("read")
            pair.drain()
        }
        var isOver = false
        func again() {
            guard !isOver else { return }
            log.add("again")
            loop.afterThisTurn { again() }
        }
        again()
        pair.write()
        loop.turn()
        loop.turn()
        #expect(log.taken == ["again", "read", "again", "again"])
        isOver = true
        test.run()
        _ = source
    }

    @Test func `the next turn has polled the sockets once more`() throws {
        let log = Log()
        let (first, second) = (SocketPair(), SocketPair())
        let sources = [
            try loop.watch(first.descriptor, for: .read) { [loop] _ in
                first.drain()
                loop.afterTheNextTurn { log.add("next") }
                second.write()
                loop.afterThisTurn {
                    log.add("this")
                    loop.afterTheNextTurn { log.add("next, from the end of this") }
                }
            },
            try loop.watch(second.descriptor, for: .read) { _ in
                second.drain()
                log.add("read")
            },
        ]
        first.write()
        loop.turn()
        #expect(log.taken == ["this"])
        loop.turn()
        #expect(log.taken == ["this", "read", "next", "next, from the end of this"])
        _ = sources
    }

    @Test func `a task runs once each time it is scheduled, and not once released`() {
        let log = Log()
        let first = loop.task { log.add("first") }
        var second: TurnTask? = loop.task { log.add("second") }
        for _ in 0..<2 {
            second?.doAfterThisTurn()
            first.doAfterThisTurn()
        }
        loop.turn()
        #expect(log.taken == ["first", "second"])
        #expect(!loop.turn(waiting: false))
        second?.doAfterTheNextTurn()
        second = nil
        #expect(!loop.turn(waiting: false))
        first.doAfterThisTurn()
        loop.turn()
        #expect(log.taken == ["first", "second", "first"])
    }

    @Test func `a task scheduled between two turns runs after the second`() {
        let log = Log()
        loop.afterTheNextTurn { log.add("next") }
        loop.turn()
        #expect(log.taken == [])
        loop.turn()
        #expect(log.taken == ["next"])
    }

    @Test func `timers run in the order in which they are due, each once`() {
        let log = Log()
        for (number, delay) in [3, 1, 2, 1].enumerated() {
            loop.schedule(after: .milliseconds(delay)) { log.add("\(number)") }
        }
        let cancelled = loop.schedule(after: .milliseconds(2)) { log.add("cancelled") }
        #expect(loop.cancel(cancelled))
        #expect(!loop.cancel(cancelled))
        test.advance(by: .microseconds(999))
        #expect(log.taken == [])
        test.advance(by: .microseconds(1))
        #expect(log.taken == ["1", "3"])
        test.advance(by: .seconds(1))
        #expect(log.taken == ["1", "3", "2", "0"])
        #expect(loop.nextDue == nil)
    }

    @Test func `a timer that rearms itself and is due at once does not starve sockets`() throws {
        let log = Log()
        let pair = SocketPair()
        let source = try loop.watch(pair.descriptor, for: .read) { _ in
            log.add("read")
            pair.drain()
        }
        var isOver = false
        func again() {
            guard !isOver else { return }
            log.add("again")
            loop.schedule(after: .zero) { again() }
        }
        again()
        pair.write()
        loop.turn(waiting: false)
        loop.turn(waiting: false)
        #expect(log.taken == ["again", "read", "again", "again"])
        isOver = true
        test.run()
        _ = source
    }

    @Test func `the kernel wakes the loop for the most urgent timer`() throws {
        let loop = try EventLoop()
        let start = loop.now
        let log = Log()
        loop.schedule(after: .milliseconds(5), slack: .seconds(5)) { log.add("lax") }
        loop.schedule(after: .milliseconds(20)) { log.add("strict") }
        loop.run { log.taken.count < 2 }
        #expect(log.taken == ["lax", "strict"])
        #expect(loop.now - start >= .milliseconds(20))
        let cancelled = loop.schedule(after: .milliseconds(1)) { log.add("cancelled") }
        usleep(2000)
        loop.cancel(cancelled)
        #expect(!loop.turn(waiting: false) || !loop.turn(waiting: false), "nothing is over any more")
        #expect(log.taken == ["lax", "strict"])
    }

    @Test func `outcomes of another thread are handled on the loop`() throws {
        let log = Log()
        let outcomes = (0..<100).map { number in
            loop.expect { (outcome: Int?) in log.add("\(number) \(outcome ?? -1)") }
        }
        #expect(loop.forget(outcomes[7]))
        let thread = Thread {
            for (number, outcome) in outcomes.enumerated() { outcome.send(number == 3 ? nil : 2 * number) }
            outcomes[0].send(5)
        }
        try thread.value()
        test.run()
        #expect(log.taken.count == 99)
        #expect(log.taken.contains("3 -1"))
        #expect(log.taken.contains("99 198"))
        #expect(!loop.forget(outcomes[0]))
    }

    @Test func `another thread wakes a loop that waits`() throws {
        var outcome: Int?
        let expected = loop.expect { outcome = $0 }
        let thread = Thread {
            usleep(10_000)
            expected.send(1)
        }
        loop.run { outcome == nil }
        #expect(outcome == 1)
        try thread.value()
    }

    @Test func `signals are reported one by one`() throws {
        let log = Log()
        var set = sigset_t()
        sigemptyset(&set)
        for signal in [SIGUSR2, SIGWINCH] { sigaddset(&set, signal) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
        defer { pthread_sigmask(SIG_UNBLOCK, &set, nil) }
        let source = try loop.watch(signals: [SIGUSR2, SIGWINCH]) { log.add("\($0)") }
        for signal in [SIGUSR2, SIGWINCH] { pthread_kill(pthread_self(), signal) }
        loop.turn()
        #expect(log.taken.sorted() == ["\(SIGUSR2)", "\(SIGWINCH)"].sorted())
        _ = source
    }
}
