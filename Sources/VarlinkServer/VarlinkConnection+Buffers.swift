import EventLoop
import Varlink

/// Bounds the buffers in both directions.
extension VarlinkConnection {
    /// Updates input and charges after the buffers may have changed; a disconnected client ends with its last
    /// waiting call.
    func balanceBuffers(inRound: Bool = false) {
        readIfThereIsRoom(inRound: inRound)
        chargeBuffers()
        if socket == nil, state.calls != .waiting { end() }
    }

    /// Waits for input unless calls wait that cannot be processed yet; a message is always read to its end,
    /// if only in rounds.
    func readIfThereIsRoom(inRound: Bool = false) {
        guard state.input == .paused, let socket else { return }
        let room = current == nil && state.isWritable ? frames.maximumLength : Self.ahead
        // Input that arrives while waiting for a round would be read between the calls of others.
        guard state.calls != .waiting, frames.bufferedBytes <= room else { return }
        // Bytes that form no call cost nearly as much as a call: without allowance, do not even poll the
        // socket.
        if !inRound, holdsNoCall, let budget, !scheduler.mayProcess(budget, at: connections.now) {
            return waitForRound(budget)
        }
        state.awaitInput()
        // In a round, reading at once is cheapest, and its time is part of the round.
        if inRound, holdsNoCall, read() != .none { return }
        socket.interest.insert(.read)
    }

    /// Whether the bytes read contain no call that can be processed now and charged.
    private var holdsNoCall: Bool {
        frames.bufferedBytes > 0 && state.input != .ended
            && (current != nil || !state.isWritable || !frames.holdsMessage)
    }

    /// Charges the user for reading bytes that contain no call to process now.
    func chargeReading() {
        if holdsNoCall, let budget { scheduler.charge(budget, Self.reading) }
    }

    /// The cost of reading from a socket, most of which is spent where nothing is measured.
    private static var reading: Duration { .microseconds(3) }

    /// Charges the user for this connection's buffers, and closes it if the user's buffers exceed their limit.
    func chargeBuffers() {
        var buffered = BufferedBytes(
            calls: frames.bufferedBytes + left,
            replies: state.isWritable ? 0 : bufferedBytes
        )
        if buffered.calls < Self.little { buffered.calls = 0 }
        if buffered.replies < Self.little { buffered.replies = 0 }
        guard buffered != charged, let budget else { return }
        budget.buffered.change(from: charged, to: buffered)
        charged = buffered
        if budget.buffered.exceeds(longestMessage: application.longestMessage) { close() }
    }

    /// The number of bytes read ahead while calls cannot be processed.
    static var ahead: Int { 1 << 10 }
    /// The bytes that each connection may buffer without charge: more than is read ahead on top of what was
    /// there.
    private static var little: Int { 1 << 13 }
}
