import EventLoop
import POSIX
import SystemPackage
import Varlink

typealias UserBudget = FairScheduler<VarlinkConnection>.UserBudget

/// The connections of a server on its event loop, processed and sent to as their scheduler decides.
@safe final class OpenConnections {
    typealias Scheduler = FairScheduler<VarlinkConnection>

    let scheduler = Scheduler(ownUserID: ThisProcess.effectiveUserID)
    let loop: EventLoop
    private var connections: [ObjectIdentifier: VarlinkConnection] = [:]
    /// Runs what answers calls that have all come in by then.
    private let answerTogether: (() -> Void) -> Void
    private var endOfTick: TurnTask?
    private var eventFlush: TurnTask?
    private var round: TurnTask?
    /// When a user is no longer throttled.
    private var wakeup: EventLoop.ScheduledTimer?
    /// Little is read at a time: what many clients send and do not read is held for each of them.
    private let input = UnsafeMutableRawBufferPointer.allocate(
        byteCount: UserBudget.longestRead,
        alignment: 16
    )

    init(_ loop: EventLoop, answerTogether: @escaping (() -> Void) -> Void) {
        self.loop = loop
        self.answerTogether = answerTogether
        // Tasks that are due together are done in this order: the last sends what the first has answered.
        round = loop.task { [unowned self] in runRound() }
        eventFlush = loop.task { [unowned self] in flushEvents() }
        endOfTick = loop.task { [unowned self] in endTick() }
    }

    deinit { unsafe input.deallocate() }

    func add(_ connection: VarlinkConnection) {
        connections[ObjectIdentifier(connection)] = connection
    }

    func remove(_ connection: VarlinkConnection) {
        connections[ObjectIdentifier(connection)] = nil
    }

    func closeAll() {
        for connection in Array(connections.values) { connection.close() }
    }

    /// The time of the event loop, which is its own in tests.
    var now: MonotonicTime { loop.now }

    /// Reads what there is, as far as one read of the user may go; returns how many bytes that were.
    func receive(
        on socket: FileDescriptor,
        into frames: FrameDecoder,
        of budget: UserBudget
    ) throws(Errno) -> Int {
        let start = now
        let length = min(budget.readLength, unsafe input.count)
        let count = unsafe try socket.receive(into: UnsafeMutableRawBufferPointer(rebasing: input[..<length]))
        let time = now - start
        budget.didRead(count, in: time)
        if time > Self.shortRead { scheduler.charge(budget, time) }
        if count > 0 {
            let bytes = unsafe UnsafeRawBufferPointer(rebasing: input[..<count])
            frames.append(unsafe Span(_unsafeBytes: bytes))
        }
        return count
    }

    /// What most reads take, which is not charged.
    private static var shortRead: Duration { .microseconds(3) }

    // MARK: Ticks

    func perform(_ action: Scheduler.Action) {
        if action.isEmpty { return }
        if action.contains(.scheduleEndOfTick) { endOfTick?.doAfterThisTurn() }
        if action.contains(.process) { processReceived() }
        if action.contains(.flush) { flush() }
        if action.contains(.flushEvents) { flushEvents() }
        if action.contains(.scheduleEventFlush) { eventFlush?.doAfterTheNextTurn() }
    }

    private func processReceived() {
        var time = now
        while scheduler.beginProcessing() {
            answerTogether {
                while let connection = scheduler.nextReceived() {
                    connection.state.dequeuedCalls()
                    time = connection.processCalls(since: time)
                }
            }
        }
    }

    /// Sends the replies that wait: also before something that takes its time.
    func flush() {
        guard scheduler.beginFlush() else { return }
        while let connection = scheduler.nextToFlush() {
            connection.perform(connection.state.dequeuedFlush())
        }
    }

    private func endTick() {
        processReceived()
        perform(scheduler.endTick())
    }

    private func flushEvents() {
        for _ in 0..<scheduler.eventsPerTick {
            guard let connection = scheduler.nextToFlushEvents() else { break }
            connection.perform(connection.state.dequeuedFlush())
            // Not all events may have found room before.
            connection.pullWhileWritable()
        }
        perform(scheduler.didFlushEvents())
    }

    // MARK: Rounds

    func schedule(_ next: Scheduler.NextRound) {
        switch next {
        case .unchanged: break
        case .afterNextTick: round?.doAfterTheNextTurn()
        case .at(let time):
            if let wakeup { loop.cancel(wakeup) }
            wakeup = loop.schedule(at: time) { [weak self] in
                guard let self else { return }
                wakeup = nil
                schedule(scheduler.throttlingEnded())
            }
        }
    }

    private func runRound() {
        var time = now
        scheduler.beginRound(at: time)
        while let connection = scheduler.nextInRound(at: time) {
            connection.runTurn()
            time = now
        }
        schedule(scheduler.endRound(at: time))
    }
}
