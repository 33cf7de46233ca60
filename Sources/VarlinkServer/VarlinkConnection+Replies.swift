import Glibc
import NIOCore
import Varlink

extension VarlinkConnection {
    /// How many bytes of replies to one client wait for each other.
    private static var much: Int { 1 << 13 }

    /// Has what was written behind `start` sent when the call is answered, if together with what comes next.
    ///
    /// Not at once: a connection may be closed by what is sent to it, in the middle of a call of another.
    func sendSoon(from start: Int) {
        share?.charge(reply: writer.count - start, at: turns.now)
        guard !isSentSoon else { return }
        isSentSoon = true
        connections.sendSoon(self)
    }

    /// Sends the replies there are if no more should wait for each other.
    func sendIfMuch() {
        if writer.count > Self.much { send() }
    }

    /// Sends the replies there are, unless the client has others to read first.
    func send() {
        if isWritable { flush() } else { chargeBuffers() }
    }

    /// Leaves to the channel what the socket does not take at once.
    private func flush() {
        guard let context, writer.count > 0 else { return }
        let sent = sendAtOnce()
        guard sent < writer.count else { return writer.reset() }
        let rest = writer.withBytes(from: sent, connections.buffer)
        let count = rest.readableBytes
        writer.reset()
        pendingBytes += count
        context.writeAndFlush(wrapOutboundOut(rest)).assumeIsolated().whenComplete { _ in
            self.pendingBytes -= count
        }
        if !isWritable { chargeBuffers() }
    }

    /// Gives the socket what it takes without waiting; returns how many bytes need not be sent any more.
    ///
    /// The channel would do the same, but costs as much as all else that is done for a reply. As long as there is a
    /// context, the socket is open. A client that takes no replies any more may still have calls under way, and the
    /// channel tells when it is gone.
    private func sendAtOnce() -> Int {
        guard let socket, pendingBytes == 0 else { return 0 }
        let sent = writer.send(on: socket)
        if sent >= 0 { return sent }
        return [EAGAIN, EINTR, ENOBUFS].contains(errno) ? 0 : writer.count
    }

    /// Makes replies to the current call as long as the client reads them and its user has time; one in any case
    /// `inTurn`.
    func pullWhileWritable(inTurn: Bool = false) {
        guard source != nil, !isBusy, !isWaitingForTurn, let share else { return }
        isBusy = true
        let time = makeReplies(since: turns.now, share, inTurn: inTurn)
        isBusy = false
        if current == nil { takeCalls(since: time) } else { settle(inTurn: inTurn) }
    }

    /// Returns until when the user has been charged.
    func makeReplies(since start: NIODeadline, _ share: UserShare, inTurn: Bool = false) -> NIODeadline {
        var isFirstInTurn = inTurn
        var time = start
        while isWritable, let source {
            guard isFirstInTurn || turns.mayGoOn(share, at: time) else {
                waitForTurn(share)
                break
            }
            isFirstInTurn = false
            let isDone = source()
            sendIfMuch()
            let now = turns.now
            share.charge(now - time, in: turns.pass)
            time = now
            if isDone { break }
        }
        return time
    }

    func closeAfterWrites() {
        guard let context else { return }
        flush()
        guard bufferedBytes > 0 else { return context.close(promise: nil) }
        let bound = context.loopBound
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()))
            .whenComplete { _ in bound.value.close(promise: nil) }
    }
}
