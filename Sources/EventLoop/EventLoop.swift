import CLinux
import Glibc
package import POSIX
package import SystemPackage

/// Waits on one thread for descriptors, timers, and outcomes of other threads; epoll(7), level-triggered.
///
/// A turn is one wait: it handles all ready descriptors, then the timers that are due, and then runs tasks
/// scheduled for the end of the turn. Tasks scheduled during that last step run after the next turn, so
/// nothing keeps the loop from its sockets. Handlers must not block.
@safe package final class EventLoop {
    /// The most events of one turn; the kernel reports the others first in the next.
    private static let mostEvents = 64

    /// A source's slot and the slot's generation, which distinguishes a source from earlier ones in the same
    /// slot.
    struct Token: Equatable {
        var index: UInt32
        var generation: UInt32
    }

    private struct Slot {
        var generation: UInt32 = 0
        var handler: ((EventSource.Readiness) -> Void)?
    }

    private let epoll: Int32
    private let timer: Int32
    private let mailbox: Mailbox
    private let clock: () -> MonotonicTime
    private var slots: [Slot] = []
    private var freeSlots: [UInt32] = []
    private var timers = Timers()
    /// The time that the kernel's timer is set to.
    private var armed: MonotonicTime?
    private var tasks: [TurnTask.Entry] = []
    /// The number of scheduled tasks.
    private var dueTasks = 0
    /// The number of turns that have ended.
    private var turns = 0
    /// Whether the tasks at the end of a turn are running.
    private var isEnding = false
    private var expected: [UInt64: AnyObject] = [:]
    private var lastExpected: UInt64 = 0
    private let events = UnsafeMutablePointer<clinux_event>.allocate(capacity: mostEvents)

    /// Creates a loop; timers always wake the thread by the kernel's clock, whatever `clock` is.
    package init(clock: @escaping () -> MonotonicTime = { .now }) throws(Errno) {
        self.clock = clock
        mailbox = try Mailbox()
        epoll = try valueOrErrno { clinux_epoll_descriptor() }
        timer = try valueOrErrno { clinux_timer_descriptor() }
        // These sources live as long as the loop. The timer needs no handler, since each turn checks the
        // clock.
        _ = try add(FileDescriptor(rawValue: timer), .read) { _ in }
        _ = try add(mailbox.descriptor, .read) { [unowned self] _ in
            for message in mailbox.take() { message(self) }
        }
    }

    deinit {
        unsafe events.deallocate()
        close(timer)
        close(epoll)
    }

    package var now: MonotonicTime { clock() }

    // MARK: Turns

    /// Takes one turn, waiting for something to do unless `waiting` is false; returns whether there was
    /// anything.
    @discardableResult
    package func turn(waiting: Bool = true) -> Bool {
        arm()
        let count = unsafe clinux_epoll_wait(
            epoll,
            events,
            Int32(Self.mostEvents),
            waiting && dueTasks == 0 ? -1 : 0
        )
        // Negative if interrupted.
        for index in 0..<max(0, Int(count)) {
            let event = unsafe events[index]
            let token = Token(event.token)
            let slot = slots[Int(token.index)]
            guard slot.generation == token.generation else { continue }
            slot.handler?(EventSource.Readiness(events: event.events))
        }
        let hasRunTimers = runTimers()
        return endTurn() || hasRunTimers || count > 0
    }

    private func endTurn() -> Bool {
        guard dueTasks > 0 else { return false }
        turns += 1
        isEnding = true
        for task in tasks where 1...turns ~= task.due {
            task.due = 0
            dueTasks -= 1
            task.body()
        }
        isEnding = false
        return true
    }

    /// Takes turns while `condition` holds.
    package func run(while condition: () -> Bool) {
        while condition() { turn() }
    }

    /// Creates a task to run at the end of turns, as long as it is referenced; tasks created earlier run
    /// first.
    package func task(_ body: @escaping () -> Void) -> TurnTask { TurnTask(self, body) }

    func add(_ task: TurnTask.Entry) { tasks.append(task) }

    func remove(_ task: TurnTask.Entry) {
        if task.due != 0 { dueTasks -= 1 }
        task.due = 0
        tasks.removeAll { $0 === task }
    }

    func schedule(_ task: TurnTask.Entry, afterNext: Bool) {
        if task.due == 0 { dueTasks += 1 }
        // While a turn ends, the next turn already polls once more.
        task.due = afterNext && !isEnding ? turns + 2 : turns + 1
    }

    // MARK: Timers

    /// Schedules `body` to run once at `time`, or up to `slack` later if that saves a wake-up.
    @discardableResult
    package func schedule(
        at time: MonotonicTime,
        slack: Duration = .zero,
        _ body: @escaping () -> Void
    ) -> ScheduledTimer {
        ScheduledTimer(number: timers.add(due: time, slack: slack, body))
    }

    /// Schedules `body` to run once after a delay, or up to `slack` later if that saves a wake-up.
    @discardableResult
    package func schedule(
        after delay: Duration,
        slack: Duration = .zero,
        _ body: @escaping () -> Void
    ) -> ScheduledTimer {
        schedule(at: now + delay, slack: slack, body)
    }

    package struct ScheduledTimer: Sendable {
        fileprivate let number: UInt64
    }

    /// Cancels a timer; returns false if it has already run.
    @discardableResult
    package func cancel(_ timer: ScheduledTimer) -> Bool { timers.remove(timer.number) }

    /// When the next timer is due; nil if there is none.
    package var nextDue: MonotonicTime? { timers.nextDue }

    private func arm() {
        guard timers.wakeTime != armed else { return }
        armed = timers.wakeTime
        // 0 would disarm it.
        _ = clinux_set_timer(timer, armed.map { max(1, $0.nanoseconds) } ?? 0)
    }

    private func runTimers() -> Bool {
        guard let due = timers.nextDue else { return false }
        let now = now
        guard due <= now else { return false }
        let newest = timers.newest
        while let body = timers.popDue(at: now, upTo: newest) { body() }
        return true
    }

    // MARK: Other threads

    /// Calls `body` with the outcome that another thread will send.
    package func expect<Outcome: Sendable>(
        _ body: @escaping (Outcome) -> Void
    ) -> ExpectedOutcome<Outcome> {
        lastExpected += 1
        expected[lastExpected] = Expectation(body)
        return ExpectedOutcome(number: lastExpected, mailbox: mailbox)
    }

    /// Drops the outcome when it arrives; returns false if it has already arrived.
    @discardableResult
    package func forget<Outcome>(_ outcome: ExpectedOutcome<Outcome>) -> Bool {
        expected.removeValue(forKey: outcome.number) != nil
    }

    func fulfil<Outcome: Sendable>(_ number: UInt64, with outcome: Outcome) {
        (expected.removeValue(forKey: number) as? Expectation<Outcome>)?.body(outcome)
    }

    // MARK: Descriptors

    /// Calls `handler` whenever the descriptor is ready, until the source is ended or no longer referenced.
    ///
    /// If `closing`, the descriptor is closed then; if this throws, it is not.
    package func watch(
        _ descriptor: FileDescriptor,
        for interest: EventSource.Interest,
        closing: Bool = true,
        _ handler: @escaping (EventSource.Readiness) -> Void
    ) throws(Errno) -> EventSource {
        try EventSource(self, descriptor, closing: closing, interest, handler)
    }

    /// Calls `handler` with each of these signals, which must be blocked in every thread; signalfd(2).
    package func watch(signals: Set<Int32>, _ handler: @escaping (Int32) -> Void) throws(Errno) -> EventSource
    {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for signal in signals { unsafe sigaddset(&set, signal) }
        let signals = try valueOrErrno { unsafe clinux_signal_descriptor(&set) }
        do throws(Errno) {
            return try watch(FileDescriptor(rawValue: signals), for: .read) { _ in
                while case let signal = clinux_next_signal(signals), signal > 0 { handler(signal) }
            }
        } catch {
            close(signals)
            throw error
        }
    }

    func add(
        _ descriptor: FileDescriptor,
        _ interest: EventSource.Interest,
        _ handler: @escaping (EventSource.Readiness) -> Void
    ) throws(Errno) -> Token {
        let index: UInt32
        if let free = freeSlots.popLast() {
            index = free
        } else {
            index = UInt32(slots.count)
            slots.append(Slot())
        }
        let token = Token(index: index, generation: slots[Int(index)].generation)
        do throws(Errno) {
            _ = try valueOrErrno { control(EPOLL_CTL_ADD, descriptor, token, interest) }
        } catch {
            freeSlots.append(index)
            throw error
        }
        slots[Int(index)].handler = handler
        return token
    }

    func change(_ descriptor: FileDescriptor, _ token: Token, _ interest: EventSource.Interest) {
        _ = control(EPOLL_CTL_MOD, descriptor, token, interest)
    }

    func remove(_ descriptor: FileDescriptor, _ token: Token) {
        _ = control(EPOLL_CTL_DEL, descriptor, token, [])
        slots[Int(token.index)].generation &+= 1
        slots[Int(token.index)].handler = nil
        freeSlots.append(token.index)
    }

    private func control(
        _ operation: Int32,
        _ descriptor: FileDescriptor,
        _ token: Token,
        _ interest: EventSource.Interest
    ) -> Int32 {
        clinux_epoll_control(epoll, operation, descriptor.rawValue, interest.rawValue, token.bits)
    }
}

extension EventLoop.Token {
    init(_ bits: UInt64) {
        self.init(index: UInt32(truncatingIfNeeded: bits), generation: UInt32(truncatingIfNeeded: bits >> 32))
    }

    var bits: UInt64 { UInt64(generation) << 32 | UInt64(index) }
}
