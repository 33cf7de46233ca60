import CSystemd
import POSIX
import PrintableText
import Synchronization
import SystemPackage

/// systemd, where `$NOTIFY_SOCKET` names it; otherwise nobody.
///
/// sd_notify(3) waits while the other side does not read, so the few lines that send are our own.
package final class NotifySocket: ServiceManager {
    /// Nil where there is nobody.
    private let address: UnixAddress?
    private let socket: FileDescriptor?
    private let untold = Mutex(UntoldStates())

    package convenience init() {
        self.init(ThisProcess.variable("NOTIFY_SOCKET"))
    }

    /// A path, or with `@` in front a name of the abstract namespace; unix(7).
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

    /// False if there is no room at the moment; that nobody listens is no error.
    private func send(_ states: ArraySlice<ServiceState>) -> Bool {
        guard let address, let socket else { return true }
        let message = Array(states.map(\.text).joined(separator: "\n").utf8)
        do throws(Errno) { try socket.send(message, to: address) } catch {
            return ![.wouldBlock, .noBufferSpace, .interrupted].contains(error)
        }
        return true
    }

    /// How often systemd wants to hear `.watchdog`, if at all; sd_watchdog_enabled(3).
    package static var watchdogTimeout: Duration? {
        var time: UInt64 = 0
        return unsafe sd_watchdog_enabled(0, &time) > 0 ? .microseconds(Int64(clamping: time)) : nil
    }
}

/// Who started the daemon and wants to hear how it fares; one of the seams for tests.
package protocol ServiceManager: Sendable {
    /// Never waits; false if something is still to be told, which the next call tries again.
    @discardableResult
    func tell(_ states: [ServiceState]) -> Bool
}

/// One assignment of sd_notify(3).
package enum ServiceState: Equatable, Sendable {
    /// Started, or done with reloading.
    case ready
    /// CLOCK_MONOTONIC, in µs.
    case reloading(at: UInt64)
    case stopping
    /// For people, in one line.
    case status(String)
    case watchdog
    /// In µs from now.
    case extendTimeout(UInt64)

    /// The lines that go to the service manager.
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
