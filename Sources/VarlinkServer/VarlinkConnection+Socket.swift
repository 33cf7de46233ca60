import EventLoop
import POSIX
import SystemPackage
import Varlink

/// Handles the readiness of the socket.
extension VarlinkConnection {
    /// Serves the client on a connected socket and takes ownership of it, unless this throws.
    func serve(_ descriptor: FileDescriptor) throws(Errno) {
        socket = try connections.loop.watch(descriptor, for: .read) { [unowned self] in ready($0) }
        connections.add(self)
        readIfThereIsRoom()
    }

    /// Reads input known to be available without polling again.
    func inputIsThere() { perform(state.readable) }

    private func ready(_ readiness: EventSource.Readiness) {
        if readiness.contains(.write) { flush() }
        if readiness.contains(.hungUp) {
            hungUp()
        } else if readiness.contains(.read) {
            perform(state.readable)
        }
    }

    func perform(_ action: ConnectionState.Action) {
        switch action {
        case .nothing: break
        case .read: read()
        case .send: send()
        case .pause: socket?.interest.remove(.read)
        case .waitForRoom: socket?.interest.insert(.write)
        case .process: processCalls(since: connections.now)
        case .processLater:
            readIfThereIsRoom()
            connections.perform(scheduler.didReceive(self))
        case .readOn: readIfThereIsRoom()
        case .resume:
            socket?.interest.remove(.write)
            pullWhileWritable()
            processCalls(since: connections.now)
        case .disconnect: session?.disconnected()
        case .close: close()
        }
    }

    /// The outcome of a read.
    enum ReadOutcome {
        case bytes
        /// More bytes may arrive later.
        case none
        case over
    }

    @discardableResult
    func read() -> ReadOutcome {
        guard let socket, let budget else { return .over }
        do throws(Errno) {
            let count = try connections.receive(on: socket.descriptor, into: frames, of: budget)
            guard count > 0 else {
                perform(state.inputEnded())
                return .over
            }
            left = max(0, left - count)
            received()
            return .bytes
        } catch .interrupted, .wouldBlock {
            return .none
        } catch {
            failed()
            return .over
        }
    }

    /// Processes what the client sent before it hung up, in rounds if there is more than a little.
    ///
    /// What is still in the kernel counts as read: a user's connections may leave no more than their buffers
    /// may hold. If a call is under way, calls behind it are dropped, since no reply could be delivered.
    private func hungUp() {
        guard current == nil else { return gone() }
        if state.calls != .waiting {
            guard read() == .bytes, read() == .bytes, current == nil else { return gone() }
        }
        guard let socket, let budget else { return }
        socket.hearNoMore()
        state.hungUp()
        forgetReplies()
        left = socket.descriptor.readableBytes ?? 0
        chargeBuffers()
        guard self.budget != nil else { return }
        session?.disconnected()
        if state.calls != .waiting { waitForRound(budget) }
    }

    /// Reads more in a round, since no event reports the rest.
    func readWhatIsLeft() {
        guard state.input == .left, !frames.holdsMessage, current == nil else { return }
        if read() != .bytes { gone() }
    }

    /// Waits for the next round if there may be more.
    func waitForWhatIsLeft() {
        guard state.input == .left, state.calls != .waiting, socket != nil, let budget else { return }
        if current == nil { waitForRound(budget) } else { gone() }
    }

    /// Handles bytes just read.
    func received() {
        // Other users would wait for all reading for this one; and little is read ahead of unprocessed calls.
        let holdsBack = scheduler.isShared || frames.bufferedBytes > Self.ahead
        let action = state.received(holdsBack: holdsBack)
        chargeReading()
        perform(action)
    }

    /// Handles a failed read, also after the client closed with replies unread.
    func failed() {
        // Calls already read are processed as usual, although the replies may not be delivered.
        if state.calls == .queued, socket != nil { processCalls(since: connections.now) }
        gone()
    }

    /// Handles a disconnected client, to which no reply can be delivered.
    func gone() {
        guard let socket else { return }
        socket.end()
        self.socket = nil
        forgetReplies()
        perform(state.gone(inCall: current != nil))
    }
}
