package import EventLoop
import POSIX
package import SystemPackage
import Varlink

/// Accepts connections on a listening socket and serves an application on one event loop.
package final class VarlinkServer {
    private let acceptor: Acceptor
    private let connections: OpenConnections

    /// Takes over a listening descriptor; `onShutDown` is called once where nobody can connect to it any more.
    package init(
        _ application: any VarlinkApplication,
        onListeningSocket socket: FileDescriptor,
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
        _ socket: FileDescriptor,
        to application: any VarlinkApplication,
        among connections: OpenConnections
    ) {
        connections.flush()
        let start = connections.now
        let waiting = waitingInput(socket)
        guard waiting != 0, let peer = try? PeerCredentials(ofClient: socket) else {
            try? socket.close()
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
            socket.limitSendBuffer(to: unreadReplies)
            do throws(Errno) {
                try connection.serve(socket)
                connection.charge(since: start)
                if waiting > 0 { connection.inputIsThere() }
            } catch {
                connection.close()
                try? socket.close()
            }
        case .refused(let error):
            let writer = JSONWriter()
            Reply.write(error: error, to: writer)
            _ = try? socket.send(writer)
            try? socket.close()
        }
    }

    /// What the kernel keeps of what a client does not read, in bytes: less than the 200 KiB that are usual; socket(7).
    ///
    /// It counts as the daemon's memory, for each connection: 20 MiB for 1,000 of one user. The kernel doubles the
    /// number, and takes one reply more. Twice as much makes long lists no faster.
    private static let unreadReplies: Int32 = 1 << 13

    /// Whether there is something to read: 0 where somebody has closed again and has left no call, else 1, or -1 where
    /// nothing is there yet.
    ///
    /// Who only connects and closes costs least so, and others wait the less behind them.
    private static func waitingInput(_ socket: FileDescriptor) -> Int {
        var byte: UInt8 = 0
        return unsafe withUnsafeMutableBytes(of: &byte) {
            (try? unsafe socket.receive(into: $0, peeking: true)) ?? -1
        }
    }

    /// Stops accepting and closes every connection.
    package func stop() {
        acceptor.stop()
        connections.closeAll()
    }
}
