import EventLoop
import POSIX
import Varlink

extension VarlinkConnection {
    /// Processes buffered calls in order while the client reads the replies and its user has time; at least
    /// one if `inRound`.
    ///
    /// Charges the user for the time since `start`; returns the time up to which the user has been charged.
    @discardableResult
    func processCalls(since start: MonotonicTime, inRound: Bool = false) -> MonotonicTime {
        guard let budget, state.run() else {
            if state.calls == .waiting { balanceBuffers() }
            return start
        }
        var time = start
        var isFirstInRound = inRound
        while current == nil, state.isWritable, frames.bufferedBytes > 0 || state.input == .ended,
            let session
        {
            let isWhole = frames.holdsMessage
            guard isFirstInRound || (!isWhole && hasLittle) || scheduler.mayProcess(budget, at: time) else {
                waitForRound(budget)
                break
            }
            isFirstInRound = false
            if isWhole { budget.charge(call: frames.messageLength, at: time) }
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
            let now = connections.now
            scheduler.charge(budget, now - time)
            time = makeReplies(since: now, budget)
        }
        state.pause()
        if time == start {
            time = connections.now
            scheduler.charge(budget, time - start)
        }
        connections.perform(scheduler.didProcess(until: time))
        balanceBuffers(inRound: inRound)
        return time
    }

    /// Charges the user for the time since `start`, such as that of accepting the connection.
    func charge(since start: MonotonicTime) {
        if let budget { scheduler.charge(budget, connections.now - start) }
    }

    /// Whether the buffered part of a call is short enough to search for its end at no charge.
    private var hasLittle: Bool { frames.bufferedBytes <= 1 << 12 }

    private func answerForService(_ call: Call) {
        let interfaces = [.service] + application.interfaces
        do throws(StandardInterfaceError) {
            let answer = try ServiceInterface.answer(call, application.identity, interfaces)
            reply(answer)
        } catch {
            fail(error)
        }
    }
}

extension VarlinkConnection {
    func runTurn() {
        state.roundHasCome()
        let start = connections.now
        readWhatIsLeft()
        if source == nil {
            processCalls(since: start, inRound: true)
        } else {
            pullWhileWritable(inRound: true)
        }
        waitForWhatIsLeft()
    }

    func waitForRound(_ budget: UserBudget) {
        state.wait()
        connections.schedule(scheduler.wait(self, budget))
    }
}
