import Glibc
import NIOCore
import Varlink

extension VarlinkConnection {
    /// How many bytes of replies wait for each other.
    private static var together: Int { 1 << 13 }

    /// Sends what was written behind `start`, if together with what comes next.
    func sendSoon(from start: Int) {
        share?.charge(message: writer.bytes.count - start, at: turns.now)
        if writer.bytes.count > Self.together {
            send()
        } else if !isSentSoon {
            isSentSoon = true
            connections.sendSoon(self)
        }
    }

    /// Sends the replies there are.
    func send() {
        isSentSoon = false
        guard let context, !writer.bytes.isEmpty else { return }
        let sent = sendAtOnce(context.channel)
        guard sent < writer.bytes.count else { return writer.reset() }
        let rest = connections.buffer(writer.bytes[sent...])
        writer.reset()
        writesUnderWay += 1
        context.writeAndFlush(wrapOutboundOut(rest)).assumeIsolated().whenComplete { _ in
            self.writesUnderWay -= 1
        }
        if !isWritable { chargeBuffers() }
    }

    /// Gives the socket what it takes without waiting; returns how many bytes.
    ///
    /// The channel would do the same, but costs as much as all else that is done for a reply. It is left to tell of
    /// errors. While it is active, the socket is open.
    private func sendAtOnce(_ channel: any Channel) -> Int {
        guard let socket, writesUnderWay == 0, channel.isActive else { return 0 }
        return unsafe writer.bytes.withUnsafeBytes { bytes in
            max(
                0,
                unsafe Glibc.send(
                    socket,
                    bytes.baseAddress,
                    bytes.count,
                    Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
                )
            )
        }
    }

    /// Makes replies to the current call as long as the client reads them and its user has time; one in any case
    /// `inTurn`.
    func pullWhileWritable(inTurn: Bool = false) {
        guard source != nil, activity != .pulling, !isWaitingForTurn, let share else { return }
        let interrupted = activity
        activity = .pulling
        var isFirstInTurn = inTurn
        var time = turns.now
        while isWritable, let source {
            guard isFirstInTurn || turns.mayGoOn(share, at: time) else {
                waitForTurn(share)
                break
            }
            isFirstInTurn = false
            let isDone = source()
            let now = turns.now
            share.charge(now - time, in: turns.pass)
            time = now
            if isDone { break }
        }
        activity = interrupted
        holdBuffers()
        if current == nil { takeCalls(since: time) }
    }

    func closeAfterWrites() {
        guard let context else { return }
        send()
        guard bufferedBytes > 0 else { return context.close(promise: nil) }
        let bound = context.loopBound
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()))
            .whenComplete { _ in bound.value.close(promise: nil) }
    }
}
