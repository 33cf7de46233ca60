import EventLoop
import POSIX
import SystemPackage
import Varlink

extension VarlinkConnection {
    /// How many bytes of replies to one client wait for each other.
    private static var much: Int { 1 << 13 }

    /// Has what was written behind `start` sent when the call is answered, if together with what comes next.
    ///
    /// Not at once: a connection may be closed by what is sent to it, in the middle of a call of another.
    func scheduleFlush(from start: Int) {
        budget?.charge(reply: writer.count - start, at: connections.now)
        if state.queueFlush() { connections.perform(scheduler.queueFlush(self)) }
    }

    /// Sends the replies there are if no more should wait for each other.
    func sendIfMuch() {
        if writer.count > Self.much { send() }
    }

    /// Sends the replies there are, unless the client has others to read first.
    func send() {
        if state.isWritable { flush() } else { chargeBuffers() }
    }

    /// What the socket does not take at once waits for room, and all that comes after it.
    ///
    /// A client that takes no replies any more may still have calls under way, and the loop tells when it is gone.
    func flush() {
        if state.input == .left { forgetReplies() }
        guard let socket, bufferedBytes > 0 else { return }
        var isOutOfMemory = false
        do throws(Errno) {
            repeat {
                takeOverShared(upTo: Self.much)
                writer.removeFirst(try socket.descriptor.send(writer))
            } while writer.count == 0 && sharedBytes > 0
        } catch {
            isOutOfMemory = error == .noBufferSpace || error == .noMemory
            if !isOutOfMemory, error != .wouldBlock, error != .interrupted { forgetReplies() }
        }
        perform(state.sent(all: bufferedBytes == 0))
        guard !state.isWritable else { return }
        chargeBuffers()
        if isOutOfMemory {
            // The socket has room, and the loop would say so again and again.
            socket.interest.remove(.write)
            connections.loop.schedule(after: Self.pause) { [weak self] in self?.flush() }
        } else {
            socket.interest.insert(.write)
        }
    }

    /// How long the kernel is left alone that has no memory.
    private static var pause: Duration { .milliseconds(50) }

    /// Has at most about so many bytes of the shared replies sent with the connection's own, behind these.
    func takeOverShared(upTo most: Int = .max) {
        while writer.count < most, let reply = shared.popFirst() {
            sharedBytes -= reply.count
            writer.append(reply)
        }
    }

    /// Nobody is to read them.
    func forgetReplies() {
        writer.reset()
        while shared.popFirst() != nil {}
        sharedBytes = 0
    }

    /// Makes replies to the current call as long as the client reads them and its user has time; one in any case
    /// `inRound`.
    func pullWhileWritable(inRound: Bool = false) {
        guard source != nil, let budget, state.run() else { return }
        let time = makeReplies(since: connections.now, budget, inRound: inRound)
        state.pause()
        if current == nil { processCalls(since: time) } else { balanceBuffers(inRound: inRound) }
    }

    /// Returns until when the user has been charged.
    func makeReplies(since start: MonotonicTime, _ budget: UserBudget, inRound: Bool = false) -> MonotonicTime
    {
        var isFirstInRound = inRound
        var time = start
        while state.isWritable, let source {
            guard isFirstInRound || scheduler.mayProcess(budget, at: time) else {
                waitForRound(budget)
                break
            }
            isFirstInRound = false
            let isDone = source()
            sendIfMuch()
            let now = connections.now
            scheduler.charge(budget, now - time)
            time = now
            if isDone { break }
        }
        return time
    }

    /// The client has sent all, and all of it is answered.
    func answeredLast() {
        flush()
        perform(state.answeredLast())
    }
}
