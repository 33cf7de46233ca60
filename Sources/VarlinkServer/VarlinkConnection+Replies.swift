import EventLoop
import POSIX
import SystemPackage
import Varlink

extension VarlinkConnection {
    /// The bytes of replies to a client that are collected before sending.
    private static var much: Int { 1 << 13 }

    /// Charges the reply written from `start` on and queues it for sending, possibly together with the next
    /// ones.
    ///
    /// It is not sent at once, since sending may close this connection in the middle of another's call.
    func scheduleFlush(from start: Int) {
        budget?.charge(reply: writer.count - start, at: connections.now)
        if state.queueFlush() { connections.perform(scheduler.queueFlush(self)) }
    }

    /// Sends pending replies if enough have been collected.
    func sendIfMuch() {
        if writer.count > Self.much { send() }
    }

    /// Sends pending replies, unless the socket has no room for them.
    func send() {
        if state.isWritable { flush() } else { chargeBuffers() }
    }

    /// Sends pending replies; what the socket does not accept at once waits for room, with all that follows.
    ///
    /// A client that no longer reads replies may still have calls under way; the loop reports when it
    /// disconnects.
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
            // The socket has room, so the loop would report it again and again.
            socket.interest.remove(.write)
            connections.loop.schedule(after: Self.pause) { [weak self] in self?.flush() }
        } else {
            socket.interest.insert(.write)
        }
    }

    /// The pause after the kernel ran out of memory.
    private static var pause: Duration { .milliseconds(50) }

    /// Moves shared replies behind the connection's own, up to about this many bytes in total.
    func takeOverShared(upTo most: Int = .max) {
        while writer.count < most, let reply = shared.popFirst() {
            sharedBytes -= reply.count
            writer.append(reply)
        }
    }

    /// Discards pending replies, which cannot be delivered.
    func forgetReplies() {
        writer.reset()
        while shared.popFirst() != nil {}
        sharedBytes = 0
    }

    /// Makes replies to the current call while the client reads them and its user has time; at least one if
    /// `inRound`.
    func pullWhileWritable(inRound: Bool = false) {
        guard source != nil, let budget, state.run() else { return }
        let time = makeReplies(since: connections.now, budget, inRound: inRound)
        state.pause()
        if current == nil { processCalls(since: time) } else { balanceBuffers(inRound: inRound) }
    }

    /// Makes replies likewise; returns the time up to which the user has been charged.
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

    /// Ends the connection once the client has sent its last call and all have been answered.
    func answeredLast() {
        flush()
        perform(state.answeredLast())
    }
}
