import PrintableText

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
