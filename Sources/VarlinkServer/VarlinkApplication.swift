package import POSIX
package import Varlink

/// An application that a server serves.
///
/// All its members, and those of its sessions, are called on the server's event loop.
package protocol VarlinkApplication: AnyObject {
    var identity: ServiceIdentity { get }
    /// Its own interfaces; the server adds `org.varlink.service`.
    var interfaces: [VarlinkInterface] { get }
    /// The longest call, in bytes.
    var longestMessage: Int { get }

    /// Runs `body`, which answers calls that have all arrived before: a fact determined for one of them is
    /// valid for the others.
    func answerTogether(_ body: () -> Void)

    /// Decides about a new connection.
    func open(_ peer: PeerCredentials) -> Admission
}

/// The decision about a new connection.
package enum Admission {
    case accepted(any VarlinkSession)
    /// The error is sent as the reply to the client's first call, and the connection is closed.
    case refused(any VarlinkError)
}

/// An application's state of a connection.
package protocol VarlinkSession: AnyObject {
    /// Answers a call, now or later, with replies on its connection, the last one without `continues`, or
    /// with an error.
    ///
    /// Returns false if there is no such method; the server then replies with an error.
    func answer(_ call: Call, on connection: VarlinkConnection) -> Bool

    /// Called when the client has disconnected, to release what it holds; calls it made before may still
    /// arrive until `close`.
    func disconnected()

    /// Called once when the connection has ended.
    func close()
}
