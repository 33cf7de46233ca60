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

    /// What calls that have been read wait for.
    enum Calls: Equatable {
        case nothing
        /// The end of the loop's turn, when all are read that have come in.
        case others
        /// Their user's turn.
        case turn
    }

    /// What is to be done.
    enum Action: Equatable {
        case nothing
        case read
        /// Not to wait for what comes in.
        case pause
        /// To wait until the socket has room.
        case waitForRoom
        /// To answer calls, as far as may be.
        case answer
        /// The same when all are read that have come in, and to read on until then.
        case answerWithOthers
        case readOn
        /// To make replies and to answer calls again, and to wait for room no longer.
        case goOn
        /// To tell the session that nobody is there, and to take up the calls that are left.
        case disconnect
        case close
    }

    private(set) var input = Input.paused
    private(set) var output = Output.open
    private(set) var calls = Calls.nothing

    var isWritable: Bool { output == .open }

    // MARK: Input

    /// There is room for what comes next.
    mutating func awaitInput() { if input == .paused { input = .awaited } }

    /// The kernel has something; to wait no longer costs a system call, and is done only where something comes.
    var readable: Action { input == .awaited ? .read : .pause }

    /// Bytes have been read; `holdsBack` where others would wait while more is read.
    mutating func received(holdsBack: Bool) -> Action {
        if input == .awaited { input = .paused }
        guard calls != .turn, !holdsBack else { return .answer }
        guard calls == .nothing else { return .readOn }
        calls = .others
        return .answerWithOthers
    }

    mutating func inputEnded() -> Action {
        guard input != .ended else { return .nothing }
        input = .ended
        return .answer
    }

    // MARK: Calls

    /// A turn of the user's has to come first.
    mutating func waitForTurn() { calls = .turn }

    mutating func turnHasCome() { calls = .nothing }

    /// All are read that have come in.
    mutating func othersAreRead() { if calls == .others { calls = .nothing } }

    // MARK: Output

    /// The socket has been given what there was, and has taken all or not.
    mutating func sent(all: Bool) -> Action {
        switch (output, all) {
        case (.open, false):
            output = .full
            return .waitForRoom
        case (.full, true):
            output = .open
            return .goOn
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

    // MARK: End

    /// Nobody is there any more to whom something could be sent.
    mutating func gone(inCall: Bool) -> Action {
        output = .open
        // Whole calls that wait are still taken up: who closes need not have waited for them.
        return calls == .nothing || inCall ? .close : .disconnect
    }
}
