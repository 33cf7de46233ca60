package import NIOCore
package import Varlink

/// One client's connection: calls in, replies out, strictly in order.
///
/// A client that sends what is no call, or more than it may, loses its connection and nothing else happens. One that
/// does not read is not read from either.
package final class VarlinkConnection: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    private let application: any VarlinkApplication
    private let peer: PeerCredentials
    private let connections: OpenConnections
    private var context: ChannelHandlerContext?
    private var session: (any VarlinkSession)?
    private var frames: FrameDecoder
    /// Holds the replies that have not been sent.
    private var writer = JSONWriter()
    /// The call that waits for its final reply.
    private var current: Call.Mode?
    /// Makes the next reply of the current call while the client reads; true when there is nothing to make for now.
    private var source: (() -> Bool)?
    private var isProcessing = false
    private var inputHasEnded = false
    private var readsByItself = true
    private var isWritable = true
    private var isSentSoon = false

    /// How many bytes of replies wait for each other.
    private static var together: Int { 1 << 15 }

    init(_ application: any VarlinkApplication, _ peer: PeerCredentials, among connections: OpenConnections) {
        self.application = application
        self.peer = peer
        self.connections = connections
        frames = FrameDecoder(maximumLength: application.longestMessage)
    }

    // MARK: What the application does

    /// Answers the current call; with `continues`, more replies follow.
    package func reply(_ parameters: some JSONEncodable, continues: Bool = false) {
        guard let mode = current else { return }
        if mode != .oneway {
            Reply.write(parameters, continues: continues && mode == .more, to: &writer)
            sendSoon()
        }
        if !continues { finish() }
    }

    /// Answers the current call with an error.
    package func fail(_ error: some VarlinkError) {
        guard let mode = current else { return }
        if mode != .oneway {
            Reply.write(error: error, to: &writer)
            sendSoon()
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
        return ((try? options.getOption(.bufferedWritableBytes)) ?? 0) + writer.bytes.count
    }

    package func close() {
        context?.close(promise: nil)
    }

    // MARK: What the channel does

    package func channelActive(context: ChannelHandlerContext) {
        self.context = context
        connections.add(self)
        switch application.open(peer) {
        case .accepted(let session):
            self.session = session
        case .refused(let error):
            Reply.write(error: error, to: &writer)
            send()
            context.close(promise: nil)
        }
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        frames.append(buffer.readableBytesUInt8Span)
        process()
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        guard isWritable else { return }
        pullWhileWritable()
        process()
    }

    /// Nothing stands behind this handler in the pipeline that would have to know.
    package func channelReadComplete(context: ChannelHandlerContext) {}

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent {
            inputHasEnded = true
            process()
        }
    }

    package func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        current = nil
        source = nil
        connections.remove(self)
        guard let session else { return }
        self.session = nil
        session.close()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    // MARK: In between

    /// Takes up buffered calls one after the other, as far as the client reads the replies.
    private func process() {
        guard !isProcessing, let context else { return }
        isProcessing = true
        defer { isProcessing = false }
        while current == nil, isWritable, let session {
            do throws(ConnectionFault) {
                guard let call = try nextCall() else {
                    if inputHasEnded { closeAfterWrites() }
                    break
                }
                current = call.mode
                if !session.answer(call, on: self) { answerForService(call) }
            } catch {
                return context.close(promise: nil)
            }
        }
        readWhileThereIsRoom()
    }

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

    private func sendSoon() {
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
    }

    private func pullWhileWritable() {
        while isWritable, let source {
            if source() { break }
        }
    }

    private func closeAfterWrites() {
        guard let context else { return }
        send()
        guard bufferedBytes > 0 else { return context.close(promise: nil) }
        let bound = context.loopBound
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()))
            .whenComplete { _ in bound.value.close(promise: nil) }
    }

    /// Stops reading while more than one message's worth of calls waits.
    private func readWhileThereIsRoom() {
        let hasRoom = frames.bufferedBytes <= frames.maximumLength
        guard hasRoom != readsByItself, let options = context?.channel.syncOptions else { return }
        readsByItself = hasRoom
        try? options.setOption(.autoRead, value: hasRoom)
    }
}
