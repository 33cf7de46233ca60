import Glibc
package import NIOCore
import NIOPosix
import Varlink

/// Accepts connections on a listening socket and serves an application on one event loop.
package struct VarlinkServer: Sendable {
    private let acceptor: Acceptor
    private let connections: NIOLoopBound<OpenConnections>
    private let nextPass: NIOLoopBound<NextPass>

    /// Takes over a listening descriptor.
    ///
    /// To be called on the event loop, which `application` never leaves.
    package init(
        _ application: any VarlinkApplication,
        onListeningSocket socket: Int32,
        eventLoop: any EventLoop
    ) throws(ListeningSocketError) {
        let application = NIOLoopBound(application, eventLoop: eventLoop)
        let nextPass = try NextPass(eventLoop)
        let connections = NIOLoopBound(
            OpenConnections(
                eventLoop,
                answerTogether: application.value.answerTogether,
                inNextPass: nextPass.run
            ),
            eventLoop: eventLoop
        )
        self.nextPass = NIOLoopBound(nextPass, eventLoop: eventLoop)
        acceptor = try Acceptor(socket, eventLoop, self.nextPass) { descriptor in
            Self.admit(descriptor, to: application.value, among: connections.value, eventLoop)
        }
        self.connections = connections
    }

    /// Lets in who has connected, or says why not.
    private static func admit(
        _ descriptor: Int32,
        to application: any VarlinkApplication,
        among connections: OpenConnections,
        _ eventLoop: any EventLoop
    ) {
        connections.sendAll()
        let start = connections.turns.now
        guard !hasGone(descriptor), let peer = PeerCredentials(ofSocket: descriptor) else {
            close(descriptor)
            return
        }
        switch application.open(peer) {
        case .accepted(let session):
            let connection = VarlinkConnection(
                session,
                of: application,
                userID: peer.userID,
                among: connections,
                onSocket: descriptor
            )
            limitUnreadReplies(descriptor)
            serve(connection, on: descriptor, eventLoop)
            connection.charge(since: start)
        case .refused(let error):
            // A channel would cost ten times as much, and who is refused may try again and again.
            let writer = JSONWriter()
            Reply.write(error: error, to: writer)
            _ = writer.send(on: descriptor)
            close(descriptor)
        }
    }

    /// Has the kernel keep less of what a client does not read than the 200 KiB that are usual; socket(7).
    ///
    /// It counts as the daemon's memory, for each connection: 20 MiB for 1,000 of one user. The kernel doubles the
    /// number, and takes one reply more. Twice as much makes long lists no faster.
    private static func limitUnreadReplies(_ descriptor: Int32) {
        var bytes: Int32 = 1 << 13
        // Where a filter forbids it, all goes on as before.
        _ = unsafe setsockopt(
            descriptor,
            SOL_SOCKET,
            SO_SNDBUF,
            &bytes,
            socklen_t(MemoryLayout<Int32>.size)
        )
    }

    /// Whether somebody has closed again and has left no call.
    ///
    /// Who only connects and closes costs a tenth of a channel, and others wait the less behind them.
    private static func hasGone(_ descriptor: Int32) -> Bool {
        var byte: UInt8 = 0
        return unsafe recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) == 0
    }

    private static func serve(
        _ connection: VarlinkConnection,
        on descriptor: Int32,
        _ eventLoop: any EventLoop
    ) {
        let handler = NIOLoopBound(connection, eventLoop: eventLoop)
        ClientBootstrap(group: eventLoop)
            .channelInitializer { channel in
                eventLoop.makeCompletedFuture {
                    if let options = channel.syncOptions { try set(options) }
                    try channel.pipeline.syncOperations.addHandler(handler.value)
                }
            }
            .withConnectedSocket(descriptor)
            .whenFailure { _ in handler.value.close() }
    }

    /// Stops accepting and closes every connection.
    ///
    /// To be called on the event loop.
    package func stop() {
        acceptor.stop()
        connections.value.closeAll()
        nextPass.value.stop()
    }

    private static func set(_ options: any NIOSynchronousChannelOptions) throws {
        try options.setOption(.allowRemoteHalfClosure, value: true)
        // Each connection asks for more when it has room. Little at a time: what many clients send and do not read is
        // held for each of them.
        try options.setOption(.autoRead, value: false)
        try options.setOption(.maxMessagesPerRead, value: 1)
        try options.setOption(
            .recvAllocator,
            value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 1024, maximum: 1 << 12)
        )
        // Whatever the socket does not take is enough.
        try options.setOption(.writeBufferWaterMark, value: .init(low: 1, high: 1))
    }
}
