import EventLoop
import POSIX
import SystemPackage
import Varlink

/// What the loop tells of the socket.
extension VarlinkConnection {
    /// Serves the client on a connected socket, which is closed with the connection; where this throws, it is not.
    func serve(_ descriptor: FileDescriptor) throws(Errno) {
        socket = try connections.loop.watch(descriptor, for: .read) { [unowned self] in ready($0) }
        connections.add(self)
        readIfThereIsRoom()
    }

    /// Something is known to be there: the kernel is not asked again.
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

    /// What a read has come to.
    enum ReadOutcome {
        case bytes
        /// There may be some later.
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

    /// What the client sent before it hung up is taken up like all that is, if there is more than little of it by rounds.
    ///
    /// It counts as read: a user's connections may leave no more than they may have in buffers. Where a call is under
    /// way, what comes behind it is not looked at: nobody is to read a reply.
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

    /// Reads on in a round, where nothing else tells that there is more.
    func readWhatIsLeft() {
        guard state.input == .left, !frames.holdsMessage, current == nil else { return }
        if read() != .bytes { gone() }
    }

    /// Waits for the next round where there may be more.
    func waitForWhatIsLeft() {
        guard state.input == .left, state.calls != .waiting, socket != nil, let budget else { return }
        if current == nil { waitForRound(budget) } else { gone() }
    }

    /// Bytes have come.
    func received() {
        // Another user would wait for all that is read of this one; and nothing is read ahead of much.
        let holdsBack = scheduler.isShared || frames.bufferedBytes > Self.ahead
        let action = state.received(holdsBack: holdsBack)
        chargeReading()
        perform(action)
    }

    /// Also where the client has closed with replies unread.
    func failed() {
        // What was read before is answered like all that is, though nobody may read it.
        if state.calls == .queued, socket != nil { processCalls(since: connections.now) }
        gone()
    }

    /// The client has gone: nobody is to read a reply.
    func gone() {
        guard let socket else { return }
        socket.end()
        self.socket = nil
        forgetReplies()
        perform(state.gone(inCall: current != nil))
    }
}
