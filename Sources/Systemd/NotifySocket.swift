import CSystemd
import POSIX
import PrintableText
import Synchronization
import SystemPackage

/// The notification socket of systemd, if `$NOTIFY_SOCKET` is set.
///
/// sd_notify(3) blocks while the receiver does not read, so sending is implemented here.
package final class NotifySocket: ServiceManager {
    /// Nil if there is no receiver.
    private let address: UnixAddress?
    private let socket: FileDescriptor?
    private let untold = Mutex(UntoldStates())

    package convenience init() {
        self.init(ThisProcess.variable("NOTIFY_SOCKET"))
    }

    /// Creates a socket for a path, or for an abstract name that starts with `@`; unix(7).
    init(_ name: String?) {
        address = name.flatMap(UnixAddress.init(pathOrAbstract:))
        socket = address == nil ? nil : try? .unixSocket(datagram: true)
    }

    deinit { try? socket?.close() }

    @discardableResult
    package func tell(_ states: [ServiceState]) -> Bool {
        untold.withLock { untold in
            untold.add(states)
            while !untold.states.isEmpty {
                guard send(untold.next) else { return false }
                untold.told()
            }
            let momentary = states.filter(\.isMomentary)
            if !momentary.isEmpty { _ = send(momentary[...]) }
            return true
        }
    }

    /// Sends states; returns false if there is no room at the moment.
    ///
    /// A missing receiver is not an error.
    private func send(_ states: ArraySlice<ServiceState>) -> Bool {
        guard let address, let socket else { return true }
        let message = Array(states.map(\.text).joined(separator: "\n").utf8)
        do throws(Errno) { try socket.send(message, to: address) } catch {
            return ![.wouldBlock, .noBufferSpace, .interrupted].contains(error)
        }
        return true
    }

    /// The interval at which systemd expects `.watchdog`; nil if it does not; sd_watchdog_enabled(3).
    package static var watchdogTimeout: Duration? {
        var time: UInt64 = 0
        return unsafe sd_watchdog_enabled(0, &time) > 0 ? .microseconds(Int64(clamping: time)) : nil
    }
}

/// The service manager that is told the daemon's state; replaceable in tests.
package protocol ServiceManager: Sendable {
    /// Sends states without waiting; returns false if some are left to send, which the next call tries again.
    @discardableResult
    func tell(_ states: [ServiceState]) -> Bool
}

/// One assignment of sd_notify(3).
package enum ServiceState: Equatable, Sendable {
    /// The start or a reload is complete.
    case ready
    /// CLOCK_MONOTONIC, in µs.
    case reloading(at: UInt64)
    case stopping
    /// For people, in one line.
    case status(String)
    case watchdog
    /// In µs from now.
    case extendTimeout(UInt64)

    /// The lines sent to the service manager.
    package var text: String {
        switch self {
        case .ready: "READY=1"
        case .reloading(let time): "RELOADING=1\nMONOTONIC_USEC=\(time)"
        case .stopping: "STOPPING=1"
        case .status(let status): "STATUS=" + status.replacing("\n", with: " ").printable
        case .watchdog: "WATCHDOG=1"
        case .extendTimeout(let time): "EXTEND_TIMEOUT_USEC=\(time)"
        }
    }
}
