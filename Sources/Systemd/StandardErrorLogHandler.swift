import Glibc
package import Logging

/// Writes a line a message to standard error, for a daemon that a person runs.
package struct StandardErrorLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    private let level: SharedLogLevel

    package init(level: SharedLogLevel) {
        self.level = level
    }

    package var logLevel: Logger.Level {
        get { level.value }
        set { level.value = newValue }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// The message says it all; metadata is for the journal.
    package func log(event: Logging.LogEvent) {
        let line = Array(
            "segmentd: \(event.level >= .warning ? "\(event.level): " : "")\(event.message)\n".utf8
        )
        _ = unsafe line.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
