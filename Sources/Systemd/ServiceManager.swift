import CSystemd

/// Who started the daemon and wants to hear how it fares; one of the seams for tests.
package protocol ServiceManager: Sendable {
    func tell(_ states: [ServiceState])
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
    case errno(Int32)

    /// The lines that go to the service manager.
    package var text: String {
        switch self {
        case .ready: "READY=1"
        case .reloading(let time): "RELOADING=1\nMONOTONIC_USEC=\(time)"
        case .stopping: "STOPPING=1"
        case .status(let status): "STATUS=" + status.replacing("\n", with: " ")
        case .watchdog: "WATCHDOG=1"
        case .extendTimeout(let time): "EXTEND_TIMEOUT_USEC=\(time)"
        case .errno(let errno): "ERRNO=\(errno)"
        }
    }
}

/// systemd, where `$NOTIFY_SOCKET` names it; otherwise nobody.
package struct NotifySocket: ServiceManager {
    package init() {}

    /// sd_notify(3): all states in one message.
    ///
    /// That nobody listens is no error.
    package func tell(_ states: [ServiceState]) {
        _ = unsafe sd_notify(0, states.map(\.text).joined(separator: "\n"))
    }

    /// How often systemd wants to hear `.watchdog`, if at all; sd_watchdog_enabled(3).
    package static var watchdogTimeout: Duration? {
        var time: UInt64 = 0
        return unsafe sd_watchdog_enabled(0, &time) > 0 ? .microseconds(Int64(clamping: time)) : nil
    }
}
