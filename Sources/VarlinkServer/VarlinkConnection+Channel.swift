package import NIOCore
import Varlink

/// What the channel tells.
extension VarlinkConnection: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    package func channelActive(context: ChannelHandlerContext) {
        self.context = context
        connections.add(self)
        readIfThereIsRoom()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isToRead = false
        let received = unwrapInboundIn(data)
        frames.append(received.readableBytesUInt8Span)
        chargeReading()
        // The channel reads all there is when a write fails, whatever it was told of reading.
        guard !isBusy else { return chargeBuffers() }
        // Another user would wait for all that is read of this one; and nothing is read ahead of much.
        guard !turns.areShared, !isWaitingForTurn, frames.bufferedBytes <= Self.ahead else {
            takeCalls(since: turns.now)
            return
        }
        readIfThereIsRoom()
        guard !isTakenUpSoon else { return }
        isTakenUpSoon = true
        connections.takeUpSoon(self)
    }

    /// Nothing stands behind this handler in the pipeline that would have to know.
    package func channelReadComplete(context: ChannelHandlerContext) {}

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        send()
        guard isWritable else { return }
        pullWhileWritable()
        takeCalls(since: turns.now)
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent {
            inputHasEnded = true
            takeCalls(since: turns.now)
        }
    }

    package func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        writer.reset()
        isWritable = true
        // Whole calls that wait for their turn are still taken up, as far as nobody is to read a reply: who closes
        // need not have waited for them.
        if isWaitingForTurn || isTakenUpSoon, current == nil { session?.disconnected() } else { end() }
    }

    /// Also where the client has closed with replies unread.
    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What was read before is answered like all that is, though nobody may read it.
        if isTakenUpSoon, context.channel.isActive { takeCalls(since: turns.now) }
        context.close(promise: nil)
    }
}
