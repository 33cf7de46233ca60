package import Varlink

/// What a server serves.
///
/// Everything of it is called on the server's event loop.
package protocol VarlinkApplication: AnyObject {
    /// What the application keeps of one connection.
    associatedtype Session
    /// What a qualified method name means.
    associatedtype Method
    /// Why a call fails, as the client is told.
    associatedtype Failure: VarlinkError & Error

    var identity: ServiceIdentity { get }
    /// Its own; `org.varlink.service` comes with the server.
    var interfaces: [VarlinkInterface] { get }
    /// By qualified name.
    var methods: [String: Method] { get }
    /// The longest call, in bytes.
    var longestMessage: Int { get }

    /// Somebody has connected.
    func open(_ peer: PeerCredentials) -> Admission<Session>

    /// Answers a call by replies on its connection, now or later, the last of them without `continues`; or throws.
    func answer(
        _ method: Method,
        _ call: Call,
        _ session: Session,
        _ connection: VarlinkConnection<Self>
    ) throws(Failure)

    /// A connection has ended; once for each session.
    func close(_ session: Session)
}

/// Whether somebody may stay connected.
package enum Admission<Session> {
    case accepted(Session)
    /// The error waits for the client's first call as its reply, and the connection is closed.
    case refused(any VarlinkError)
}
