package import NIOCore
import NIOPosix

/// Accepts connections on a listening socket and serves an application on one event loop.
package struct VarlinkServer: Sendable {
    private let channel: any Channel
    private let connections: OpenConnections

    /// Takes over a listening descriptor.
    ///
    /// To be called on the event loop, which `application` never leaves.
    package static func start<Application: VarlinkApplication>(
        _ application: Application,
        onListeningSocket socket: Int32,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<VarlinkServer> {
        let application = NIOLoopBound(application, eventLoop: eventLoop)
        let connections = OpenConnections(eventLoop)
        return ServerBootstrap(group: eventLoop)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    // Without descriptors the kernel keeps saying that somebody waits: asking again at once would spin.
                    try channel.pipeline.syncOperations.addHandler(
                        AcceptBackoffHandler(shouldForwardIOErrorCaught: false) { _ in .milliseconds(250) }
                    )
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                connections.add(channel)
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(VarlinkConnection(application.value))
                }
            }
            .withBoundSocket(socket)
            .map { VarlinkServer(channel: $0, connections: connections) }
    }

    /// Stops accepting and closes every connection.
    package func stop() async {
        try? await channel.close()
        await connections.closeAll()
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

    func closeAll() async {
        let closing = eventLoop.flatSubmit { [channels, eventLoop] in
            EventLoopFuture.andAllComplete(channels.value.values.map { $0.close() }, on: eventLoop)
        }
        try? await closing.get()
    }
}
