package import Logging
package import POSIX
import PrintableText

/// A log message waiting to be written; all its text is safe to show, whoever wrote it.
package struct LogLine: Equatable, Sendable {
    package var level: Logger.Level
    package var message: String
    /// By key, as in `LogHandler`.
    package var metadata: [String: String]

    package init(_ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata = [:]) {
        self.level = level
        self.message = message.printable
        self.metadata = metadata.mapValues(\.description.printable)
    }

    /// Returns a line that says how many others are missing here.
    static func lost(_ count: Int) -> LogLine {
        LogLine(.warning, "\(counted(count, "log line")) \(count == 1 ? "was" : "were") lost")
    }

    /// Its approximate size in memory, in bytes.
    var size: Int {
        metadata.reduce(64 + message.utf8.count) { $0 + $1.key.utf8.count + $1.value.utf8.count }
    }
}

/// Passes each message to the thread that writes.
package struct QueuedLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    /// The level of all loggers of the process, which may change at any time.
    private let level: Monitor<Logger.Level>
    private let writer: LogWriter

    package init(level: Monitor<Logger.Level>, writer: LogWriter) {
        self.level = level
        self.writer = writer
    }

    package var logLevel: Logger.Level {
        get { level.current }
        set { level.current = newValue }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: Logging.LogEvent) {
        let own = event.metadata ?? [:]
        let metadata = metadata.isEmpty ? own : metadata.merging(own, uniquingKeysWith: { $1 })
        writer.write(LogLine(event.level, event.message.description, metadata))
    }
}
