import EventLoop
import POSIX
import SystemPackage
import Varlink

typealias UserBudget = FairScheduler<VarlinkConnection>.UserBudget

/// The connections of a server, processed and sent to in the order of their scheduler.
@safe final class OpenConnections {
    typealias Scheduler = FairScheduler<VarlinkConnection>

    let scheduler = Scheduler(ownUserID: ThisProcess.effectiveUserID)
    let loop: EventLoop
    private var connections: [ObjectIdentifier: VarlinkConnection] = [:]
    /// Runs a closure that answers calls which have all arrived before.
    private let answerTogether: (() -> Void) -> Void
    private var endOfTick: TurnTask?
    private var eventFlush: TurnTask?
    private var round: TurnTask?
    /// Fires when a user is no longer throttled.
    private var wakeup: EventLoop.ScheduledTimer?
    /// The shortest time that any read has taken.
    private var quickestRead: Duration?
    /// Small, since unread bytes of many clients are buffered for each of them.
    private let input = UnsafeMutableRawBufferPointer.allocate(
        byteCount: UserBudget.longestRead,
        alignment: 16
    )

    init(_ loop: EventLoop, answerTogether: @escaping (() -> Void) -> Void) {
        self.loop = loop
        self.answerTogether = answerTogether
        // Tasks due together run in this order, so that the last one sends the replies of the others.
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

    /// The event loop's time; tests use a clock of their own.
    var now: MonotonicTime { loop.now }

    /// Reads as many bytes as one read of the user may, charges a slow read, and returns the number of bytes.
    func receive(
        on socket: FileDescriptor,
        into frames: FrameDecoder,
        of budget: UserBudget
    ) throws(Errno) -> Int {
        let start = now
        let length = min(budget.readLength, unsafe input.count)
        let count = unsafe try socket.receive(into: UnsafeMutableRawBufferPointer(rebasing: input[..<length]))
        let time = now - start
        // On a slow host every read takes long, however short it is.
        quickestRead = min(quickestRead ?? time, time)
        budget.didRead(count, in: time - (quickestRead ?? .zero))
        if time > Self.shortRead { scheduler.charge(budget, time) }
        if count > 0 {
            let bytes = unsafe UnsafeRawBufferPointer(rebasing: input[..<count])
            frames.append(unsafe Span(_unsafeBytes: bytes))
        }
        return count
    }

    /// How long most reads take; one that takes no longer is not charged to the user here.
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

    /// Sends pending replies; also called before anything that takes long.
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
            // There may be room for more events now.
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
