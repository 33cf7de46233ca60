import POSIX
import PrintableText
import SystemPackage
public import SegmentModel
import Varlink

/// Why the broker or the kernel did not do what a program asked for.
public enum SegmentClientError: Error, Equatable, Sendable {
    /// No connection: ENOENT where no daemon listens, ECONNREFUSED, EACCES and so on; connect(2).
    case unreachable(socket: String, errno: Int32)
    /// The process behind the socket is not believed; SO_PEERCRED of unix(7).
    case untrusted(socket: String, userID: UInt32, reason: Distrust)
    /// The time limit has passed.
    case timedOut
    /// The daemon has closed the connection.
    case disconnected
    /// The daemon has closed the connection before it answered a call that may have been done.
    case outcomeUnknown(method: String)
    /// What the broker sent is not what the interface says.
    case protocolViolation(String)
    /// The broker's own refusal.
    case refused(BrokerError)
    /// The broker lives in another IPC namespace, by the inodes of `/proc/PID/ns/ipc`: its numbers mean nothing here.
    case otherNamespace(broker: UInt64, own: UInt64)
    /// The kernel shows another segment under the identifier than the broker described.
    case identityDiffers(name: String, identifier: SegmentIdentifier)
    /// A system call failed.
    case failed(call: String, errno: Int32)
}

extension SegmentClientError {
    init(_ error: ConnectionError) {
        self =
            switch error {
            case .cannotConnect(let path, let errno): .unreachable(socket: path, errno: errno)
            case .closed: .disconnected
            case .timedOut: .timedOut
            case .protocolViolation(let violation): .protocolViolation(violation)
            case .failed(let call, let errno): .failed(call: call, errno: errno)
            }
    }
}

extension SegmentClientError: CustomStringConvertible {
    /// One line for people, that a terminal may show.
    public var description: String { text.printable }

    private var text: String {
        switch self {
        case .unreachable(let socket, let errno):
            SystemCallText(.init(ofThisProcessAnd: socket)).unreachable(socket, Errno(rawValue: errno))
        case .untrusted(let socket, let userID, let reason):
            reason.text(socket: socket, userID: userID, ownUserID: ThisProcess.effectiveUserID)
        case .timedOut: "the broker did not answer in time"
        case .disconnected: "the broker closed the connection"
        case .outcomeUnknown(let method):
            "the broker closed the connection before it answered \(method), which may have been done or not; "
                + "look before asking again"
        case .protocolViolation(let violation): violation
        case .refused(let error): error.description
        case .otherNamespace(let broker, let own):
            "the broker's segments are in IPC namespace \(broker), this process is in \(own): they cannot be attached"
        case .identityDiffers(let name, let identifier):
            "the kernel shows another segment under identifier \(identifier) than the broker described for \(name)"
        case .failed(let call, let errno):
            SystemCallText(.init(ofThisProcessAnd: nil)).failed(call, Errno(rawValue: errno))
        }
    }
}
