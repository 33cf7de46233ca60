package import NIOCore
package import Varlink

/// One client's connection: calls in, replies out, strictly in order.
///
/// A client that sends what is no call, or more than it may, loses its connection and nothing else happens. One that
/// does not read is not read from either. Who sends more than fits between the calls of others waits for turns.
package final class VarlinkConnection<Application: VarlinkApplication>: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    private let application: Application
    private let turns: Turns
    private let knownPeer: PeerCredentials?
    private var context: ChannelHandlerContext?
    private var share: UserShare?
    /// What the share counts of this connection's buffers, in bytes.
    private var chargedBytes = 0
    private var isWaitingForTurn = false
    private var session: Application.Session?
    private var frames: FrameDecoder
    private var writer = JSONWriter()
    /// The call that waits for its final reply.
    private var current: Call.Mode?
    /// Makes the next reply of the current call while the client reads; true when there is nothing to make for now.
    private var source: (() -> Bool)?
    private var isProcessing = false
    private var inputHasEnded = false
    private var readsByItself = true

    /// `peer` is who is there where that is no socket.
    init(_ application: Application, _ turns: Turns, peer: PeerCredentials? = nil) {
        self.application = application
        self.turns = turns
        knownPeer = peer
        frames = FrameDecoder(maximumLength: application.longestMessage)
    }

    // MARK: What the application does

    /// Answers the current call; with `continues`, more replies follow.
    package func reply(_ parameters: some JSONEncodable, continues: Bool = false) {
        guard let mode = current else { return }
        if mode != .oneway {
            writer.reset()
            Reply.write(parameters, continues: continues && mode == .more, to: &writer)
            send()
        }
        if !continues { finish() }
    }

    /// Answers the current call with an error.
    package func fail(_ error: some VarlinkError) {
        guard let mode = current else { return }
        if mode != .oneway {
            writer.reset()
            Reply.write(error: error, to: &writer)
            send()
        }
        finish()
    }

    /// Answers the current call at the client's pace: `source` makes one reply each time it is called, and says true
    /// when it has none for now.
    package func pull(_ source: @escaping () -> Bool) {
        self.source = source
        pullWhileWritable()
    }

    /// What the client has not read yet, in bytes.
    package var bufferedBytes: Int {
        guard let options = context?.channel.syncOptions else { return 0 }
        return (try? options.getOption(.bufferedWritableBytes)) ?? 0
    }

    package func close() {
        context?.close(promise: nil)
    }

    // MARK: What the channel does

    package func channelActive(context: ChannelHandlerContext) {
        self.context = context
        guard let peer = knownPeer ?? peer(context) else { return context.close(promise: nil) }
        switch application.open(peer) {
        case .accepted(let session):
            self.session = session
            share = turns.join(peer.userID)
        case .refused(let error):
            Reply.write(error: error, to: &writer)
            let buffer = context.channel.allocator.buffer(bytes: writer.bytes)
            context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
            context.close(promise: nil)
        }
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        let start = turns.now
        frames.append(buffer.readableBytesUInt8Span)
        share?.charge(from: start, to: turns.now)
        process()
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable else { return }
        pullWhileWritable()
        process()
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent {
            inputHasEnded = true
            process()
        }
        context.fireUserInboundEventTriggered(event)
    }

    package func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        current = nil
        source = nil
        frames = FrameDecoder(maximumLength: 0)
        if let share {
            share.bufferedBytes -= chargedBytes
            share.connections -= 1
            self.share = nil
        }
        guard let session else { return }
        self.session = nil
        application.close(session)
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func peer(_ context: ChannelHandlerContext) -> PeerCredentials? {
        let peer = try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable {
            (socket: NIOBSDSocket.Handle) in PeerCredentials(ofSocket: socket)
        }
        return peer ?? nil
    }

    // MARK: In between

    /// Takes up buffered calls one after the other, as far as the client reads the replies and its user has time;
    /// one in any case `inTurn`.
    private func process(inTurn: Bool = false) {
        guard !isProcessing, let context, let share else { return }
        guard !isWaitingForTurn else { return holdBuffers() }
        isProcessing = true
        defer { isProcessing = false }
        var isFirstInTurn = inTurn
        var time = turns.now
        while current == nil, context.channel.isWritable, let session {
            guard isFirstInTurn || share.mayGoOn(at: time) || hasLittle else {
                isWaitingForTurn = true
                turns.wait(self, share)
                break
            }
            isFirstInTurn = false
            if frames.holdsMessage { share.charge(message: frames.messageLength, at: time) }
            do throws(ConnectionFault) {
                guard let call = try nextCall() else {
                    if inputHasEnded { closeAfterWrites() }
                    break
                }
                current = call.mode
                take(call, session)
            } catch {
                return context.close(promise: nil)
            }
            let now = turns.now
            share.charge(from: time, to: now)
            time = now
        }
        context.flush()
        share.charge(from: time, to: turns.now)
        holdBuffers()
        // The flush may have made room, which nobody tells of while this runs.
        guard current == nil, !isWaitingForTurn, self.context?.channel.isWritable == true, frames.holdsMessage
        else { return }
        isWaitingForTurn = true
        turns.wait(self, share)
    }

    /// After whatever may have filled the buffers or emptied them.
    private func holdBuffers() {
        readWhileThereIsRoom()
        chargeBuffers()
    }

    /// Whether there is neither a call nor much of one.
    private var hasLittle: Bool { !frames.holdsMessage && frames.bufferedBytes <= 1 << 12 }

    private enum ConnectionFault: Error {
        case frame(FrameError)
        case call(CallError)
    }

    private func nextCall() throws(ConnectionFault) -> Call? {
        let message: JSON?
        do throws(FrameError) { message = try frames.next() } catch { throw .frame(error) }
        guard let message else { return nil }
        do throws(CallError) { return try Call(message) } catch { throw .call(error) }
    }

    private func take(_ call: Call, _ session: Application.Session) {
        guard let method = application.methods[call.method] else {
            return answerForService(call)
        }
        do throws(Application.Failure) {
            try application.answer(method, call, session, self)
        } catch {
            fail(error)
        }
    }

    private func answerForService(_ call: Call) {
        let interfaces = [.service] + application.interfaces
        do throws(StandardError) {
            let answer = try ServiceInterface.answer(call, application.identity, interfaces)
            reply(answer)
        } catch {
            fail(error)
        }
    }

    private func finish() {
        current = nil
        source = nil
        if !isProcessing { process() }
    }

    private func send() {
        guard let context else { return }
        let buffer = context.channel.allocator.buffer(bytes: writer.bytes)
        writer.reset()
        share?.charge(message: buffer.readableBytes, at: turns.now)
        context.write(wrapOutboundOut(buffer), promise: nil)
        guard !isProcessing else { return }
        context.flush()
        chargeBuffers()
    }

    private func pullWhileWritable() {
        while let source, let context, context.channel.isWritable {
            if source() { break }
            context.flush()
        }
        chargeBuffers()
    }

    private func closeAfterWrites() {
        guard let context else { return }
        let bound = context.loopBound
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(capacity: 0)))
            .whenComplete { _ in bound.value.close(promise: nil) }
    }

    /// Stops reading while calls wait that cannot be taken up yet; one message is always read to its end, if by turns.
    private func readWhileThereIsRoom() {
        guard let channel = context?.channel else { return }
        let takesUpCalls = current == nil && channel.isWritable
        let room = takesUpCalls ? frames.maximumLength : 1 << 12
        let hasRoom = !isWaitingForTurn && frames.bufferedBytes <= room
        guard hasRoom != readsByItself, let options = channel.syncOptions else { return }
        readsByItself = hasRoom
        try? options.setOption(.autoRead, value: hasRoom)
    }

    /// Charges the user with what waits in the buffers of this connection, which is lost where that is too much.
    private func chargeBuffers() {
        guard let share, let channel = context?.channel else { return }
        var bytes = frames.bufferedBytes
        if !channel.isWritable { bytes += bufferedBytes }
        if bytes < 1 << 12 { bytes = 0 }
        guard bytes != chargedBytes else { return }
        share.bufferedBytes += bytes - chargedBytes
        chargedBytes = bytes
        if share.bufferedBytes > 4 * application.longestMessage { context?.close(promise: nil) }
    }
}

extension VarlinkConnection: TurnTaker {
    func takeTurn() {
        isWaitingForTurn = false
        process(inTurn: true)
    }
}
