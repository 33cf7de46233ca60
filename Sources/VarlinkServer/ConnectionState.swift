/// The state of a connection: its input, its output, and what its calls wait for.
///
/// Events change the state and return the action to take; it knows neither sockets nor time.
struct ConnectionState: Equatable {
    /// Bytes from the client.
    enum Input: Equatable {
        /// Left in the kernel, because what has been read cannot be processed yet.
        case paused
        /// Read once when it arrives.
        case awaited
        /// The client has hung up, and what it sent before is read in rounds.
        case left
        /// Ended.
        case ended
    }

    /// Bytes to the client.
    enum Output: Equatable {
        case open
        /// Waiting until the socket has room; meanwhile no call is processed and no reply is made.
        case full
        /// Waiting likewise; then the connection ends.
        case last
    }

    /// The processing of calls that have been read.
    enum Calls: Equatable {
        case idle
        /// Processed at the end of the tick, once all incoming calls have been read.
        case queued
        /// Waiting for a round.
        case waiting
        /// Being processed, or replies are being made; if `queued`, they are processed again at the end of
        /// the tick.
        ///
        /// Re-entrant calls return immediately; the outer loop re-checks for work.
        case running(queued: Bool)
    }

    /// The sending of replies that have been written and not passed to the socket.
    enum Flush: Equatable {
        /// There are none, or `output` says what they wait for.
        case none
        /// Sent when the connection is dequeued.
        case queued
        /// The connection is closed instead.
        case closing
    }

    /// The action to take.
    enum Action: Equatable {
        case nothing
        case read
        /// Stop waiting for input.
        case pause
        /// Wait until the socket has room.
        case waitForRoom
        case send
        /// Process calls, as far as allowed.
        case process
        /// Process calls at the end of the tick, and continue reading until then.
        case processLater
        case readOn
        /// Stop waiting for room, make replies and process calls again.
        case resume
        /// Tell the session that the client has disconnected, and process the remaining calls.
        case disconnect
        case close
    }

    private(set) var input = Input.paused
    private(set) var output = Output.open
    private(set) var calls = Calls.idle
    private(set) var flush = Flush.none

    var isWritable: Bool { output == .open }

    // MARK: Input

    /// Waits for input if it was paused.
    mutating func awaitInput() { if input == .paused { input = .awaited } }

    /// The action when the kernel reports input; to stop waiting costs a system call, so it is done only when
    /// input arrives.
    var readable: Action { input == .awaited ? .read : .pause }

    /// Notes that bytes have been read; `holdsBack`: reading more now would make other clients wait.
    mutating func received(holdsBack: Bool) -> Action {
        if input == .awaited { input = .paused }
        if calls == .waiting || holdsBack { return .process }
        if calls == .queued || calls == .running(queued: true) { return .readOn }
        calls = isRunning ? .running(queued: true) : .queued
        return .processLater
    }

    /// Notes that the client has hung up; nothing can be sent, but what it sent before is still to be read.
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

    /// Begins to process calls or make replies; returns false if that is already running or will happen
    /// later.
    mutating func run() -> Bool {
        switch calls {
        case .idle: calls = .running(queued: false)
        case .queued: calls = .running(queued: true)
        case .waiting, .running: return false
        }
        return true
    }

    /// Ends processing for now.
    mutating func pause() {
        if case .running(let queued) = calls { calls = queued ? .queued : .idle }
    }

    /// Waits for a round, because the user's time is used up.
    mutating func wait() { calls = .waiting }

    /// Ends the wait for a round.
    mutating func roundHasCome() { calls = .idle }

    /// Takes the connection from the queue of calls at the end of the tick.
    mutating func dequeuedCalls() {
        switch calls {
        case .queued: calls = .idle
        case .running: calls = .running(queued: false)
        case .idle, .waiting: break
        }
    }

    // MARK: Output

    /// Notes that the socket was given all output and accepted `all` of it or not.
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

    /// Notes that the last call has been answered and the client sends no more.
    mutating func answeredLast() -> Action {
        guard output != .open else { return .close }
        output = .last
        return .nothing
    }

    /// Notes that replies have been written; returns true if the connection must be queued for sending.
    mutating func queueFlush() -> Bool {
        guard flush == .none else { return false }
        flush = .queued
        return true
    }

    /// Takes the connection from the queue for sending.
    mutating func dequeuedFlush() -> Action {
        defer { flush = .none }
        return switch flush {
        case .none: .nothing
        case .queued: .send
        case .closing: .close
        }
    }

    // MARK: End

    /// Asks for the connection to be closed once no code is working on it; returns true if it must be queued.
    mutating func closeSoon() -> Bool {
        guard flush != .closing else { return false }
        flush = .closing
        return true
    }

    /// Notes that the client is gone and nothing can be sent.
    mutating func gone(inCall: Bool) -> Action {
        output = .open
        switch calls {
        case .idle, .running(queued: false): return .close
        // Complete calls that wait are still processed: a client may close without waiting for replies.
        case .queued, .waiting, .running(queued: true): return inCall ? .close : .disconnect
        }
    }
}
