import EventLoop
import Varlink

/// What waits in both directions is bounded.
extension VarlinkConnection {
    /// After whatever may have filled the buffers or emptied them; who has gone ends with the last that waits.
    func balanceBuffers(inRound: Bool = false) {
        readIfThereIsRoom(inRound: inRound)
        chargeBuffers()
        if socket == nil, state.calls != .waiting { end() }
    }

    /// Asks for what comes next, unless calls wait that cannot be taken up yet; one message is always read to its
    /// end, if by rounds.
    func readIfThereIsRoom(inRound: Bool = false) {
        guard state.input == .paused, let socket else { return }
        let room = current == nil && state.isWritable ? frames.maximumLength : Self.ahead
        // What comes while a round is waited for would be read between the calls of others.
        guard state.calls != .waiting, frames.bufferedBytes <= room else { return }
        // Bytes that are no call cost nearly as much as one: until then, the event loop does not look at the socket.
        if !inRound, holdsNoCall, let budget, !scheduler.mayProcess(budget, at: connections.now) {
            return waitForRound(budget)
        }
        state.awaitInput()
        // In a round it costs least to read at once, and what that takes is part of the round.
        if inRound, holdsNoCall, read() != .none { return }
        socket.interest.insert(.read)
    }

    /// Whether what has been read cannot be taken up, so that no call is charged for it.
    private var holdsNoCall: Bool {
        frames.bufferedBytes > 0 && state.input != .ended
            && (current != nil || !state.isWritable || !frames.holdsMessage)
    }

    /// Charges the user for bytes that are read and are no call that can be taken up.
    func chargeReading() {
        if holdsNoCall, let budget { scheduler.charge(budget, Self.reading) }
    }

    /// What it takes to read from a socket: most of it passes where nothing is measured.
    private static var reading: Duration { .microseconds(3) }

    /// Charges the user with what waits in the buffers of this connection, which is lost where that is too much.
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

    /// How many bytes are read while calls cannot be taken up.
    static var ahead: Int { 1 << 10 }
    /// What each connection may have without being charged, in bytes: more than is read ahead, with what was there.
    private static var little: Int { 1 << 13 }
}
