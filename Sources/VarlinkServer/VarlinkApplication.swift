package import POSIX
package import Varlink

/// What a server serves.
///
/// Everything of it and of its sessions is called on the server's event loop.
package protocol VarlinkApplication: AnyObject {
    var identity: ServiceIdentity { get }
    /// Its own; `org.varlink.service` comes with the server.
    var interfaces: [VarlinkInterface] { get }
    /// The longest call, in bytes.
    var longestMessage: Int { get }

    /// Runs `body`, which answers calls that have all come in by now: what it finds out for one of them holds for those
    /// that it answers after that.
    func answerTogether(_ body: () -> Void)

    /// Somebody has connected.
    func open(_ peer: PeerCredentials) -> Admission
}

/// Whether somebody may stay connected.
package enum Admission {
    case accepted(any VarlinkSession)
    /// The error waits for the client's first call as its reply, and the connection is closed.
    case refused(any VarlinkError)
}

/// What an application keeps of one connection.
package protocol VarlinkSession: AnyObject {
    /// Answers a call by replies on its connection or by an error, now or later, the last reply without `continues`.
    ///
    /// False if there is no such method: then the server says so.
    func answer(_ call: Call, on connection: VarlinkConnection) -> Bool

    /// The client has gone, so that what it holds is given back; calls that it has left may still come before `close`.
    func disconnected()

    /// The connection has ended; once for each session.
    func close()
}
