package import EventLoop
import Glibc
import SystemPackage
import Varlink

/// Accepts connections on a listening socket and serves an application on one event loop.
package final class VarlinkServer {
    private let acceptor: Acceptor
    private let connections: OpenConnections

    /// Takes over a listening descriptor; `onShutDown` is called once where nobody can connect to it any more.
    package init(
        _ application: any VarlinkApplication,
        onListeningSocket socket: Int32,
        loop: EventLoop,
        onShutDown: @escaping () -> Void = {}
    ) throws(ListeningSocketError) {
        let connections = OpenConnections(loop, answerTogether: application.answerTogether)
        self.connections = connections
        acceptor = try Acceptor(
            socket,
            loop,
            take: { Self.admit($0, to: application, among: connections) },
            onShutDown: onShutDown
        )
    }

    /// Lets in who has connected, or says why not.
    private static func admit(
        _ descriptor: Int32,
        to application: any VarlinkApplication,
        among connections: OpenConnections
    ) {
        connections.flush()
        let start = connections.now
        let waiting = waitingInput(descriptor)
        guard waiting != 0, let peer = PeerCredentials(ofSocket: descriptor) else {
            close(descriptor)
            return
        }
        switch application.open(peer) {
        case .accepted(let session):
            let connection = VarlinkConnection(
                session,
                of: application,
                userID: peer.userID,
                among: connections
            )
            limitUnreadReplies(descriptor)
            do throws(Errno) {
                try connection.serve(descriptor)
                connection.charge(since: start)
                if waiting > 0 { connection.inputIsThere() }
            } catch {
                connection.close()
                Glibc.close(descriptor)
            }
        case .refused(let error):
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

    /// Whether there is something to read: 0 where somebody has closed again and has left no call, else 1, or -1 where
    /// nothing is there yet.
    ///
    /// Who only connects and closes costs least so, and others wait the less behind them.
    private static func waitingInput(_ descriptor: Int32) -> Int {
        var byte: UInt8 = 0
        return unsafe recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
    }

    /// Stops accepting and closes every connection.
    package func stop() {
        acceptor.stop()
        connections.closeAll()
    }
}
