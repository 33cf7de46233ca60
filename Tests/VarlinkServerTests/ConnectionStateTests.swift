import Testing

@testable import VarlinkServer

@Suite struct ConnectionStateTests {
    @Test func `what comes is read once each time it is asked for`() {
        var state = ConnectionState()
        #expect(state.readable == .pause)
        state.awaitInput()
        #expect(state.readable == .read)
        #expect(state.received(holdsBack: true) == .answer)
        #expect(state.readable == .pause)
    }

    @Test func `calls are answered together where nobody else waits for that`() {
        var state = ConnectionState()
        state.awaitInput()
        #expect(state.received(holdsBack: false) == .answerWithOthers)
        state.awaitInput()
        #expect(state.received(holdsBack: false) == .readOn)
        state.othersAreRead()
        #expect(state.received(holdsBack: false) == .answerWithOthers)
    }

    @Test func `calls that wait for a turn wait for nothing else`() {
        var state = ConnectionState()
        #expect(state.received(holdsBack: false) == .answerWithOthers)
        state.waitForTurn()
        state.othersAreRead()
        #expect(state.calls == .turn)
        #expect(state.received(holdsBack: false) == .answer)
        #expect(state.calls == .turn)
        state.turnHasCome()
        #expect(state.calls == .nothing)
    }

    @Test func `an end of input is told once, and nothing is read after it`() {
        var state = ConnectionState()
        #expect(state.inputEnded() == .answer)
        #expect(state.inputEnded() == .nothing)
        state.awaitInput()
        #expect(state.input == .ended)
        #expect(state.readable == .pause)
    }

    @Test func `nothing goes on before all is sent`() {
        var state = ConnectionState()
        #expect(state.sent(all: true) == .nothing)
        #expect(state.sent(all: false) == .waitForRoom)
        #expect(!state.isWritable)
        #expect(state.sent(all: false) == .nothing)
        #expect(state.sent(all: true) == .goOn)
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

    @Test(
        arguments: [
            (.nothing, false, .close), (.nothing, true, .close), (.turn, false, .disconnect),
            (.turn, true, .close), (.others, false, .disconnect), (.others, true, .close),
        ] as [(ConnectionState.Calls, Bool, ConnectionState.Action)]
    )
    func `who has gone is forgotten, unless calls are left`(
        calls: ConnectionState.Calls,
        inCall: Bool,
        action: ConnectionState.Action
    ) {
        var state = ConnectionState()
        switch calls {
        case .nothing: break
        case .others: _ = state.received(holdsBack: false)
        case .turn: state.waitForTurn()
        }
        _ = state.sent(all: false)
        #expect(state.gone(inCall: inCall) == action)
        #expect(state.isWritable, "nobody has to read a reply any more")
    }
}
