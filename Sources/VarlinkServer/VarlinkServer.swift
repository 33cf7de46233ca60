package import NIOCore
import NIOPosix

/// Accepts connections on a listening socket and serves an application on one event loop.
package struct VarlinkServer: Sendable {
    private let acceptor: Acceptor
    private let connections: OpenConnections

    /// Takes over a listening descriptor.
    ///
    /// To be called on the event loop, which `application` never leaves.
    package init<Application: VarlinkApplication>(
        _ application: Application,
        onListeningSocket socket: Int32,
        eventLoop: any EventLoop
    ) throws(ListeningSocketError) {
        let application = NIOLoopBound(application, eventLoop: eventLoop)
        let turns = NIOLoopBound(Turns(eventLoop), eventLoop: eventLoop)
        let connections = OpenConnections(eventLoop)
        acceptor = try Acceptor(socket) { descriptor in
            ClientBootstrap(group: eventLoop)
                .channelOption(.allowRemoteHalfClosure, value: true)
                // Little at a time: what many clients send and do not read is held for each of them.
                .channelOption(.maxMessagesPerRead, value: 1)
                .channelOption(
                    .recvAllocator,
                    value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 2048, maximum: 1 << 13)
                )
                .channelOption(.writeBufferWaterMark, value: .init(low: 1 << 13, high: 1 << 14))
                .channelInitializer { channel in
                    connections.add(channel)
                    return channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            VarlinkConnection(application.value, turns.value)
                        )
                    }
                }
                .withConnectedSocket(descriptor)
        }
        self.connections = connections
    }

    /// Stops accepting and closes every connection.
    ///
    /// Not to be called on the event loop.
    package func stop() throws {
        try acceptor.stop()
        connections.closeAll()
    }
}

/// The connections of a server, on its event loop.
private final class OpenConnections: Sendable {
    private let channels: NIOLoopBoundBox<[ObjectIdentifier: any Channel]>
    private let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        channels = NIOLoopBoundBox([:], eventLoop: eventLoop)
    }

    func add(_ channel: any Channel) {
        let identifier = ObjectIdentifier(channel)
        channels.value[identifier] = channel
        channel.closeFuture.whenComplete { [channels] _ in channels.value[identifier] = nil }
    }

    func closeAll() {
        let closing = eventLoop.flatSubmit { [channels, eventLoop] in
            EventLoopFuture.andAllComplete(channels.value.values.map { $0.close() }, on: eventLoop)
        }
        try? closing.wait()
    }
}
