import EventLoop
import Varlink

extension VarlinkConnection {
    /// Takes up buffered calls one after the other, as far as the client reads the replies and its user has time;
    /// one in any case `inTurn`.
    ///
    /// The user is charged with the time since `start`; returns until when.
    @discardableResult
    func takeCalls(since start: MonotonicTime, inTurn: Bool = false) -> MonotonicTime {
        guard !isBusy, let share else { return start }
        guard state.calls != .turn else {
            settle()
            return start
        }
        isBusy = true
        var time = start
        var isFirstInTurn = inTurn
        while current == nil, state.isWritable, frames.bufferedBytes > 0 || state.input == .ended,
            let session
        {
            let isWhole = frames.holdsMessage
            guard isFirstInTurn || (!isWhole && hasLittle) || turns.mayGoOn(share, at: time) else {
                waitForTurn(share)
                break
            }
            isFirstInTurn = false
            if isWhole { share.charge(call: frames.messageLength, at: time) }
            do throws(FrameError) {
                guard let call = try frames.nextCall() else {
                    if state.input == .ended { answeredLast() }
                    break
                }
                current = socket == nil ? .oneway : call.mode
                if !session.answer(call, on: self) { answerForService(call) }
                if socket == nil, call.mode != .oneway { end() }
            } catch {
                close()
                break
            }
            sendIfMuch()
            let now = turns.now
            share.charge(now - time, in: turns.pass)
            time = makeReplies(since: now, share)
        }
        isBusy = false
        if time == start {
            time = turns.now
            share.charge(time - start, in: turns.pass)
        }
        connections.takenUp(until: time)
        settle(inTurn: inTurn)
        return time
    }

    /// Charges the user with what has been done for them since `start`, such as to let them in.
    func charge(since start: MonotonicTime) {
        share?.charge(turns.now - start, in: turns.pass)
    }

    /// Whether what is there of a call is not much to look through.
    private var hasLittle: Bool { frames.bufferedBytes <= 1 << 12 }

    private func answerForService(_ call: Call) {
        let interfaces = [.service] + application.interfaces
        do throws(StandardError) {
            let answer = try ServiceInterface.answer(call, application.identity, interfaces)
            reply(answer)
        } catch {
            fail(error)
        }
    }
}

extension VarlinkConnection: TurnTaker {
    func takeTurn() {
        state.turnHasCome()
        if source == nil {
            takeCalls(since: turns.now, inTurn: true)
        } else {
            pullWhileWritable(inTurn: true)
        }
    }

    func waitForTurn(_ share: UserShare) {
        state.waitForTurn()
        turns.wait(self, share)
    }
}
