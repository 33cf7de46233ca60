import Glibc
import NIOCore
import NIOPosix

/// Has something done once the event loop has looked at its sockets again.
///
/// The loop first runs all tasks there are, with those that they add and every timer that is due by then: who has
/// much to do and does the rest in a task or by a timer may keep it from its sockets for ever. So this is a socket of
/// its own, as it were: a pipe.
final class NextPass: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var due: [() -> Void] = []
    /// The pipe's end to write to; -1 once it is closed.
    private var bell: Int32

    /// To be called on the event loop.
    init(_ eventLoop: any EventLoop) throws(ListeningSocketError) {
        let pipe = try WakingPipe()
        bell = pipe.writeEnd
        let handler = NIOLoopBound(self, eventLoop: eventLoop)
        let registered = NIOPipeBootstrap(group: eventLoop)
            .channelInitializer { channel in
                eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(handler.value)
                }
            }
            .takingOwnershipOfDescriptor(input: pipe.readEnd)
        // On the loop there is a channel by now, or never; making it non-blocking is all that can fail.
        var failure: (any Error)?
        registered.assumeIsolated().whenFailure { failure = $0 }
        guard let failure else { return }
        close(bell)
        close(pipe.readEnd)
        throw .failed(call: "fcntl", path: "", errno: (failure as? IOError)?.errnoCode ?? EIO)
    }

    /// Nothing is run any more; the channel closes the other end.
    func stop() {
        close(bell)
        bell = -1
        due = []
    }

    func run(_ body: @escaping () -> Void) {
        guard bell >= 0 else { return }
        due.append(body)
        var byte: UInt8 = 0
        if due.count == 1 { _ = unsafe write(bell, &byte, 1) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let running = due
        due = []
        for body in running { body() }
    }
}
