import Glibc
package import NIOCore
import NIOPosix

/// Accepts connections on a listening socket and serves an application on one event loop.
package struct VarlinkServer: Sendable {
    private let acceptor: Acceptor
    private let connections: NIOLoopBound<OpenConnections>
    private let nextPass: NIOLoopBound<NextPass>

    /// Takes over a listening descriptor.
    ///
    /// To be called on the event loop, which `application` never leaves.
    package init(
        _ application: some VarlinkApplication,
        onListeningSocket socket: Int32,
        eventLoop: any EventLoop
    ) throws(ListeningSocketError) {
        let application = NIOLoopBound(application, eventLoop: eventLoop)
        let nextPass = try NextPass(eventLoop)
        let connections = NIOLoopBound(
            OpenConnections(eventLoop, inNextPass: nextPass.run),
            eventLoop: eventLoop
        )
        self.nextPass = NIOLoopBound(nextPass, eventLoop: eventLoop)
        acceptor = try Acceptor(socket, eventLoop, self.nextPass) { descriptor in
            guard let peer = PeerCredentials(ofSocket: descriptor) else {
                close(descriptor)
                return
            }
            _ = ClientBootstrap(group: eventLoop)
                .channelInitializer { channel in
                    eventLoop.makeCompletedFuture {
                        if let options = channel.syncOptions { try Self.set(options) }
                        try channel.pipeline.syncOperations.addHandler(
                            VarlinkConnection(
                                application.value,
                                peer,
                                among: connections.value,
                                onSocket: descriptor
                            )
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
        try connections.eventLoop.submit { [connections, nextPass] in
            connections.value.closeAll()
            nextPass.value.stop()
        }.wait()
    }

    private static func set(_ options: any NIOSynchronousChannelOptions) throws {
        try options.setOption(.allowRemoteHalfClosure, value: true)
        // Little at a time: what many clients send and do not read is held for each of them.
        try options.setOption(.maxMessagesPerRead, value: 1)
        try options.setOption(
            .recvAllocator,
            value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 1024, maximum: 1 << 12)
        )
        // Whatever the socket does not take is enough.
        try options.setOption(.writeBufferWaterMark, value: .init(low: 1, high: 1))
    }
}
