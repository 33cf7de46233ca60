import SegmentModel
import SegmentRecords
import SystemPackage
import SystemVSharedMemory
import Systemd
import VarlinkServer

/// The reason the daemon does not start, or ends.
enum StartError: Error {
    case rootByHand
    case noPlace(option: String, variable: String)
    case configuration(ConfigurationInvalid)
    case records(RecordDirectoryError)
    case handedOverSockets(ListeningSocketsError)
    case socket(ListeningSocketError)
    /// The listening socket was shut down, so no client can connect.
    case socketShutDown(FilePath)
    case directory(String, errno: Int32)
    case ipcNamespace(Errno)
    /// A service or file system that has not answered for half a minute.
    case unanswered(String)
    /// A signal ended the start.
    case interrupted
    /// The daemon's user namespace shows all other users as the overflow uid.
    case userNamespace
    /// The event loop's descriptors could not be created.
    case eventLoop(Errno)
    /// A thread could not be created.
    case noThread
    /// The stop takes too long.
    case stuck

    /// 8 for an invalid configuration, 2 for a usage error, 0 if interrupted by a signal, otherwise 1;
    /// segmentd(8).
    var exitStatus: Int32 {
        switch self {
        case .configuration: 8
        case .rootByHand: 2
        case .interrupted: 0
        default: 1
        }
    }

    /// The problem and its remedy, one per line.
    var lines: [String] {
        switch self {
        case .rootByHand:
            [
                "segments that root makes by hand would be strangers to the service: `systemctl start segmentd`, "
                    + "or give --config, --socket and --state"
            ]
        case .noPlace(let option, let variable):
            ["$\(variable) is not set: give \(option)"]
        case .configuration(let invalid):
            invalid.problems.map(\.description)
        case .records(.inUse(let path)):
            ["another segmentd holds the records in \(path): stop it first, or give --state"]
        case .records(.exposed(let path, .notADirectory)):
            ["\(path), where the records are kept, is a link or not a directory: remove it, or give --state"]
        case .records(.exposed(let path, .foreignOwner(let owner, let wanted))):
            [
                "\(path), where the records are kept, belongs to user \(owner), not to user \(wanted), who runs "
                    + "segmentd: its contents cannot be trusted; remove it, or give --state"
            ]
        case .records(.exposed(let path, .open(let mode))):
            [
                "\(path), where the records are kept, is accessible to others: its mode is "
                    + "\(mode.octal), not 0700; check that the records in it are segmentd's own, then "
                    + "`chmod 0700 \(path)`"
            ]
        case .records(.records(let error)):
            ["the records cannot be used: \(error)"]
        case .handedOverSockets(let error):
            [error.description]
        case .socket(.alreadyServed(let path)):
            ["another daemon serves \(path): stop it first, or give --socket"]
        case .socket(.notASocket(let path)):
            ["\(path) is not a socket and is left alone: remove it, or give --socket"]
        case .socket(.pathTooLong(let path)):
            ["\(path) is too long for a Unix socket (107 bytes): give a shorter --socket"]
        case .socket(.failed(let call, let path, let errno)):
            ["\(call) \(path): \(Errno(rawValue: errno))"]
        case .socketShutDown(let path):
            [
                "another process shut down the listening socket \(path) (shutdown(2)): every segment is kept; "
                    + "if systemd created it, `systemctl restart segmentd.socket`"
            ]
        case .directory(let path, let errno):
            ["mkdir \(path): \(Errno(rawValue: errno))"]
        case .ipcNamespace(let errno):
            ["/proc/self/ns/ipc: \(errno)"]
        case .unanswered(let service):
            ["\(service) does not answer"]
        case .interrupted: []
        case .userNamespace:
            ["clients cannot be distinguished in this user namespace: remove PrivateUsers= from the unit"]
        case .eventLoop(let errno):
            ["the event loop cannot be created: \(errno)"]
        case .noThread: ["a thread cannot be created"]
        case .stuck:
            ["the broker does not answer: exiting without it, which keeps even segments kept until the stop"]
        }
    }

    /// The problem in one line, for `systemctl status`.
    var summary: String {
        switch self {
        case .configuration(let invalid) where invalid.count > 1:
            "Configuration refused (\(invalid.count) problems): \(invalid.problems[0])"
        case .configuration: "Configuration refused: \(lines[0])"
        case .interrupted: "Stopped during the start"
        case .stuck: "Ended without a stop: \(lines[0])"
        case .socketShutDown: "Ended: \(lines[0])"
        default: "Cannot start: \(lines[0])"
        }
    }
}
