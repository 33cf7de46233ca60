/// What `segmentd.toml` settles.
package struct DaemonSettings: Equatable, Sendable {
    /// Names of the groups whose members may Remove and Reload.
    package var administrators: [String] = []
    package var logLevel = LogLevel.info
    package var limits = ServiceLimits()

    package init() {}
}

/// The least important messages that are still logged.
package enum LogLevel: String, CaseIterable, Sendable {
    case trace, debug, info, notice, warning, error, critical
}

/// How much clients may ask of the daemon.
package struct ServiceLimits: Equatable, Sendable {
    /// Connections of all users together.
    package var connections = 4096
    package var connectionsPerUser = 1024
    package var leasesPerUser = 4096
    /// The longest incoming message, in bytes.
    package var message = ByteCount(bytes: 1 << 20)

    package init() {}
}
