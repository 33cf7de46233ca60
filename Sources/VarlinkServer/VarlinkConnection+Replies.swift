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
        let output = connections.buffer(writer.bytes)
        writer.reset()
        context.writeAndFlush(wrapOutboundOut(output), promise: nil)
        if !isWritable { chargeBuffers() }
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
            guard isFirstInTurn || share.mayGoOn(at: time, in: turns.pass) else {
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
