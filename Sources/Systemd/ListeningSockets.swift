import CSystemd
import Glibc
import POSIX
import Synchronization
package import SystemPackage

/// The sockets passed by systemd; sd_listen_fds(3).
package enum ListeningSockets {
    /// Returns the listening socket with a name, close-on-exec; nil if none was passed at all.
    ///
    /// Removes the variables from the environment, so only the first call returns a socket.
    package static func take(named wanted: String) throws(ListeningSocketsError) -> FileDescriptor? {
        var list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        let count = unsafe sd_listen_fds_with_names(1, &list)
        handedOver.withLock { $0 = max(0, count) }
        guard count >= 0 else { throw .unreadable(errno: -count) }
        defer { unsafe free(names: list, count) }
        // Clients of a socket that nobody accepts on would wait forever.
        guard count < 2 else { throw .several((0..<count).map { address(SD_LISTEN_FDS_START + $0) }) }
        var others: [String] = []
        for index in 0..<Int(count) {
            let name = unsafe list?[index].map { unsafe String(cString: $0) } ?? ""
            let descriptor = SD_LISTEN_FDS_START + Int32(index)
            guard name == wanted else {
                others.append(name)
                continue
            }
            guard sd_is_socket_unix(descriptor, Int32(SOCK_STREAM.rawValue), 1, nil, 0) > 0 else {
                throw .notAListeningSocket(name: name)
            }
            return FileDescriptor(rawValue: descriptor)
        }
        guard others.isEmpty else { throw .otherNames(others, wanted: wanted) }
        return nil
    }

    /// The number of sockets passed; nil until they are taken.
    private static let handedOver = Mutex<Int32?>(nil)

    /// Whether a client is waiting at a socket that was passed.
    package static var isSomebodyWaiting: Bool {
        let count = handedOver.withLock(\.self) ?? sd_listen_fds(0)
        guard count > 0 else { return false }
        return (0..<count).contains {
            FileDescriptor(rawValue: SD_LISTEN_FDS_START + $0).isReady(for: .read)
        }
    }

    private static func address(_ descriptor: Int32) -> String {
        FileDescriptor(rawValue: descriptor).unixSocketPath ?? "descriptor \(descriptor)"
    }

    /// Frees what sd_listen_fds_with_names(3) allocated; free(3).
    private static func free(names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ count: Int32) {
        guard let names = unsafe names else { return }
        for index in 0..<Int(count) { unsafe Glibc.free(names[index]) }
        unsafe Glibc.free(names)
    }
}

/// The reason the sockets passed by systemd cannot be used.
package enum ListeningSocketsError: Error, Equatable, Sendable {
    case unreadable(errno: Int32)
    /// More than one socket, with their paths.
    case several([String])
    case otherNames([String], wanted: String)
    case notAListeningSocket(name: String)
}

extension ListeningSocketsError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreadable(let errno):
            "the sockets handed over by systemd cannot be counted (errno \(errno))"
        case .several(let paths):
            "systemd handed over \(paths.count) sockets, \(paths.joined(separator: " and ")), and segmentd serves one: "
                + "leave one ListenStream= in the socket unit, and no other unit with Service=segmentd.service"
        case .otherNames(let names, let wanted):
            "systemd handed over sockets named \(names.joined(separator: ", ")), none named \(wanted): "
                + "set FileDescriptorName=\(wanted) in the socket unit"
        case .notAListeningSocket(let name):
            "the descriptor \(name) handed over by systemd is not a listening Unix stream socket: "
                + "use ListenStream= with a path and Accept=no"
        }
    }
}
