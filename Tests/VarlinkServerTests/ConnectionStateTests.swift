import Testing

@testable import VarlinkServer

@Suite struct ConnectionStateTests {
    @Test func `input is read once each time it is awaited`() {
        var state = ConnectionState()
        #expect(state.readable == .pause)
        state.awaitInput()
        #expect(state.readable == .read)
        #expect(state.received(holdsBack: true) == .process)
        #expect(state.readable == .pause)
    }

    @Test func `calls are processed together if no other user waits`() {
        var state = ConnectionState()
        state.awaitInput()
        #expect(state.received(holdsBack: false) == .processLater)
        state.awaitInput()
        #expect(state.received(holdsBack: false) == .readOn)
        state.dequeuedCalls()
        #expect(state.received(holdsBack: false) == .processLater)
    }

    @Test func `calls waiting for a round wait for nothing else`() {
        var state = ConnectionState()
        #expect(state.received(holdsBack: false) == .processLater)
        state.wait()
        state.dequeuedCalls()
        #expect(state.calls == .waiting)
        #expect(state.received(holdsBack: false) == .process)
        #expect(state.calls == .waiting)
        state.roundHasCome()
        #expect(state.calls == .idle)
    }

    @Test func `the end of input is reported once, and nothing is read after it`() {
        var state = ConnectionState()
        #expect(state.inputEnded() == .process)
        #expect(state.inputEnded() == .nothing)
        state.awaitInput()
        #expect(state.input == .ended)
        #expect(state.readable == .pause)
    }

    @Test func `a client that hung up is read from in rounds and gets no replies`() {
        var state = ConnectionState()
        state.awaitInput()
        _ = state.sent(all: false)
        state.hungUp()
        #expect(state.input == .left)
        #expect(state.isWritable)
        state.awaitInput()
        #expect(state.input == .left)
        #expect(state.received(holdsBack: true) == .process)
        #expect(state.input == .left)
        _ = state.inputEnded()
        state.hungUp()
        #expect(state.input == .ended)
    }

    @Test func `nothing continues before everything is sent`() {
        var state = ConnectionState()
        #expect(state.sent(all: true) == .nothing)
        #expect(state.sent(all: false) == .waitForRoom)
        #expect(!state.isWritable)
        #expect(state.sent(all: false) == .nothing)
        #expect(state.sent(all: true) == .resume)
        #expect(state.isWritable)
    }

    @Test func `the last reply is sent before the connection is closed`() {
        var state = ConnectionState()
        #expect(state.answeredLast() == .close)
        #expect(state.sent(all: false) == .waitForRoom)
        #expect(state.answeredLast() == .nothing)
        #expect(state.sent(all: false) == .nothing)
        #expect(state.sent(all: true) == .close)
    }

    // MARK: Calls

    @Test(
        arguments: [
            (.idle, false, .processLater, .queued), (.idle, true, .process, .idle),
            (.queued, false, .readOn, .queued), (.queued, true, .process, .queued),
            (.waiting, false, .process, .waiting), (.waiting, true, .process, .waiting),
            (.running(queued: false), false, .processLater, .running(queued: true)),
            (.running(queued: false), true, .process, .running(queued: false)),
            (.running(queued: true), false, .readOn, .running(queued: true)),
            (.running(queued: true), true, .process, .running(queued: true)),
        ] as [(ConnectionState.Calls, Bool, ConnectionState.Action, ConnectionState.Calls)]
    )
    func `a connection with calls is queued once`(
        calls: ConnectionState.Calls,
        holdsBack: Bool,
        action: ConnectionState.Action,
        after: ConnectionState.Calls
    ) {
        var state = state(calls)
        #expect(state.received(holdsBack: holdsBack) == action)
        #expect(state.calls == after)
    }

    @Test(
        arguments: [
            (.idle, .running(queued: false), .idle), (.queued, .running(queued: true), .queued),
            (.waiting, nil, .waiting), (.running(queued: false), nil, .idle),
            (.running(queued: true), nil, .queued),
        ] as [(ConnectionState.Calls, ConnectionState.Calls?, ConnectionState.Calls)]
    )
    func `calls are processed by one at a time, and stay queued meanwhile`(
        calls: ConnectionState.Calls,
        running: ConnectionState.Calls?,
        after: ConnectionState.Calls
    ) {
        var state = state(calls)
        #expect(state.run() == (running != nil))
        #expect(state.calls == running ?? calls)
        #expect(state.isRunning == (calls != .waiting))
        #expect(state.run() == false)
        state.pause()
        #expect(state.calls == after)
    }

    @Test func `a connection waits for a round when the user's time is used up, until the round comes`() {
        for queued in [false, true] {
            var state = state(.running(queued: queued))
            state.wait()
            state.pause()
            state.dequeuedCalls()
            #expect(state.calls == .waiting)
            state.roundHasCome()
            #expect(state.calls == .idle)
        }
    }

    @Test func `calls dequeued while others run are not processed again`() {
        var state = state(.running(queued: true))
        state.dequeuedCalls()
        #expect(state.calls == .running(queued: false))
        state.pause()
        #expect(state.calls == .idle)
    }

    // MARK: Replies

    @Test func `a connection with replies is queued once and flushed when dequeued`() {
        var state = ConnectionState()
        #expect(state.dequeuedFlush() == .nothing)
        #expect(state.queueFlush() == true)
        #expect(state.queueFlush() == false)
        #expect(state.dequeuedFlush() == .send)
        #expect(state.flush == .none)
        #expect(state.queueFlush() == true)
    }

    @Test(arguments: [false, true])
    func `a connection to be closed is closed instead of flushed`(isQueued: Bool) {
        var state = ConnectionState()
        if isQueued { _ = state.queueFlush() }
        #expect(state.closeSoon() == true)
        #expect(state.closeSoon() == false)
        #expect(state.queueFlush() == false)
        #expect(state.dequeuedFlush() == .close)
        // It was in two queues.
        #expect(state.dequeuedFlush() == .nothing)
    }

    // MARK: End

    @Test(
        arguments: [
            (.idle, false, .close), (.idle, true, .close), (.waiting, false, .disconnect),
            (.waiting, true, .close), (.queued, false, .disconnect), (.queued, true, .close),
            (.running(queued: false), false, .close), (.running(queued: true), false, .disconnect),
        ] as [(ConnectionState.Calls, Bool, ConnectionState.Action)]
    )
    func `a disconnected client is dropped, unless calls are left`(
        calls: ConnectionState.Calls,
        inCall: Bool,
        action: ConnectionState.Action
    ) {
        var state = state(calls)
        _ = state.sent(all: false)
        #expect(state.gone(inCall: inCall) == action)
        #expect(state.isWritable, "nobody has to read a reply any more")
    }

    private func state(_ calls: ConnectionState.Calls) -> ConnectionState {
        var state = ConnectionState()
        switch calls {
        case .idle: break
        case .queued: _ = state.received(holdsBack: false)
        case .waiting: state.wait()
        case .running(let queued):
            if queued { _ = state.received(holdsBack: false) }
            _ = state.run()
        }
        #expect(state.calls == calls)
        return state
    }
}
