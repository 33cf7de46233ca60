/// Where a connection stands: what comes in, what goes out, and what its calls wait for.
///
/// What happens changes it and says what is to be done; nothing here knows of sockets or time.
struct ConnectionState: Equatable {
    /// What the client sends.
    enum Input: Equatable {
        /// Stays in the kernel: what is there already cannot be taken up yet.
        case paused
        /// Is read when it comes, once.
        case awaited
        /// The client has hung up, and what it sent before is read by rounds.
        case left
        /// Is over.
        case ended
    }

    /// What the client is sent.
    enum Output: Equatable {
        case open
        /// Waits until the socket has room; meanwhile no call is taken up and no reply is made.
        case full
        /// The same, and then the connection is over.
        case last
    }

    /// What is done about calls that have been read.
    enum Calls: Equatable {
        case idle
        /// They are processed at the end of the tick, when all calls are read that have come in.
        case queued
        /// They wait for a round.
        case waiting
        /// They are being processed, or replies are being made; `queued` where they are looked at again at the end of
        /// the tick.
        ///
        /// Reentrant calls return immediately: the outer one looks again for work before it returns.
        case running(queued: Bool)
    }

    /// What is done about replies that have been written and not been given to the socket.
    enum Flush: Equatable {
        /// There are none, or `output` says what they wait for.
        case none
        /// They are sent when the connection is dequeued.
        case queued
        /// Instead, the connection is closed then.
        case closing
    }

    /// What is to be done.
    enum Action: Equatable {
        case nothing
        case read
        /// Not to wait for what comes in.
        case pause
        /// To wait until the socket has room.
        case waitForRoom
        case send
        /// To process calls, as far as may be.
        case process
        /// The same at the end of the tick, and to read on until then.
        case processLater
        case readOn
        /// To make replies and to process calls again, and to wait for room no longer.
        case resume
        /// To tell the session that nobody is there, and to process the calls that are left.
        case disconnect
        case close
    }

    private(set) var input = Input.paused
    private(set) var output = Output.open
    private(set) var calls = Calls.idle
    private(set) var flush = Flush.none

    var isWritable: Bool { output == .open }

    // MARK: Input

    /// There is room for what comes next.
    mutating func awaitInput() { if input == .paused { input = .awaited } }

    /// The kernel has something; to wait no longer costs a system call, and is done only where something comes.
    var readable: Action { input == .awaited ? .read : .pause }

    /// Bytes have been read; `holdsBack` where others would wait while more is read.
    mutating func received(holdsBack: Bool) -> Action {
        if input == .awaited { input = .paused }
        if calls == .waiting || holdsBack { return .process }
        if calls == .queued || calls == .running(queued: true) { return .readOn }
        calls = isRunning ? .running(queued: true) : .queued
        return .processLater
    }

    /// Nobody is there any more to whom something could be sent, and what was sent before is still to be read.
    mutating func hungUp() {
        if input != .ended { input = .left }
        output = .open
    }

    mutating func inputEnded() -> Action {
        guard input != .ended else { return .nothing }
        input = .ended
        return .process
    }

    // MARK: Calls

    var isRunning: Bool { if case .running = calls { true } else { false } }

    /// Calls are about to be processed, or replies to be made; false where that is done elsewhere already, or later.
    mutating func run() -> Bool {
        switch calls {
        case .idle: calls = .running(queued: false)
        case .queued: calls = .running(queued: true)
        case .waiting, .running: return false
        }
        return true
    }

    /// It is done for now.
    mutating func pause() {
        if case .running(let queued) = calls { calls = queued ? .queued : .idle }
    }

    /// The user has no time left: a round has to come first.
    mutating func wait() { calls = .waiting }

    /// The round has come.
    mutating func roundHasCome() { calls = .idle }

    /// The end of the tick has come.
    mutating func dequeuedCalls() {
        switch calls {
        case .queued: calls = .idle
        case .running: calls = .running(queued: false)
        case .idle, .waiting: break
        }
    }

    // MARK: Output

    /// The socket has been given what there was, and has taken all or not.
    mutating func sent(all: Bool) -> Action {
        switch (output, all) {
        case (.open, false):
            output = .full
            return .waitForRoom
        case (.full, true):
            output = .open
            return .resume
        case (.last, true): return .close
        case (.open, true), (.full, false), (.last, false): return .nothing
        }
    }

    /// The last call is answered of a client that sends no more.
    mutating func answeredLast() -> Action {
        guard output != .open else { return .close }
        output = .last
        return .nothing
    }

    /// Replies have been written; true where the connection has to be queued to be sent to.
    mutating func queueFlush() -> Bool {
        guard flush == .none else { return false }
        flush = .queued
        return true
    }

    /// The connection has been dequeued.
    mutating func dequeuedFlush() -> Action {
        defer { flush = .none }
        return switch flush {
        case .none: .nothing
        case .queued: .send
        case .closing: .close
        }
    }

    // MARK: End

    /// The connection is to be closed, but not while somebody may be at work for it; true where it has to be queued.
    mutating func closeSoon() -> Bool {
        guard flush != .closing else { return false }
        flush = .closing
        return true
    }

    /// Nobody is there any more to whom something could be sent.
    mutating func gone(inCall: Bool) -> Action {
        output = .open
        switch calls {
        case .idle, .running(queued: false): return .close
        // Whole calls that wait are still processed: who closes need not have waited for them.
        case .queued, .waiting, .running(queued: true): return inCall ? .close : .disconnect
        }
    }
}
