package import EventLoop
import POSIX
package import SystemPackage
import Varlink

/// Accepts connections on a listening socket and serves an application on one event loop.
package final class VarlinkServer {
    private let acceptor: Acceptor
    private let connections: OpenConnections

    /// Serves on a listening descriptor; `onShutDown` is called once when clients can no longer connect to
    /// it.
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

    /// Admits a new connection, or replies with the refusal.
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

    /// The bytes that the kernel buffers for a client that does not read: less than the usual 200 KiB;
    /// socket(7).
    ///
    /// The kernel counts them as the daemon's memory, for each connection: 20 MiB for 1,000 of one user. It
    /// doubles the number and accepts one more reply. Twice as much makes long lists no faster.
    private static let unreadReplies: Int32 = 1 << 13

    /// Returns 1 if there is input, -1 if there is none yet, and 0 if the client has closed without leaving a
    /// call.
    ///
    /// This makes a client that only connects and closes cheapest, so that others wait less behind it.
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
